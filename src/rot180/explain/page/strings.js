// The page's texts in the reader's language. A text with a count of one may have its own entry, `key.one`.

export function translator(strings, language) {
  const own = (of, key) => (of && Object.hasOwn(of, key) ? of[key] : undefined);
  return (key, values = {}) => {
    const entry = (values.count === 1 && own(strings, `${key}.one`)) || own(strings, key),
      text = own(entry, language) ?? own(entry, "en") ?? key;
    return text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  };
}
