// The page's words in the reader's language, from the one table that the page, the tour and the text mode share; for a
// count of one there may be an entry of its own, `key.one`.

export function translator(strings, language) {
  return (key, values = {}) => {
    const entry = (values.count === 1 && strings[`${key}.one`]) || strings[key],
      text = entry?.[language] ?? entry?.en ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
  };
}
