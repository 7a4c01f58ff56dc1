// JSON in which integers keep their digits: those that a double cannot hold are BigInts. Knows no schema.

// A text, passed over, or a number.
const kToken = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

// What the server sends holds no NUL, so a text that begins with one is a big integer.
const kMark = '\u0000';

export function parseJson(text) {
  if (!/\d{16}/.test(text)) return JSON.parse(text);
  const marked = text.replace(kToken, (token) =>
    /^-?\d{16,}$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"\\u0000${token}"` : token);
  return JSON.parse(marked, (_, value) =>
    (typeof value === 'string' && value.startsWith(kMark) ? BigInt(value.slice(1)) : value));
}

export function printJson(value, indent = undefined) {
  const text = JSON.stringify(value, (_, shown) => (typeof shown === 'bigint' ? kMark + shown : shown), indent);
  return text.replace(/"\\u0000(-?\d+)"/g, '$1');
}
