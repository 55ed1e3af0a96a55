// The page's words in the reader's language, from the one table that the page, the tour and the text mode share; for a
// count of one there may be an entry of its own, `key.one`.

export function translator(strings, language) {
  const own = (of, key) => (of && Object.hasOwn(of, key) ? of[key] : undefined);
  return (key, values = {}) => {
    const entry = (values.count === 1 && own(strings, `${key}.one`)) || own(strings, key),
      text = own(entry, language) ?? own(entry, "en") ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  };
}
