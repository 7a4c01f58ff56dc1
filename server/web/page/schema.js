// What a JSON Schema (draft-07, or with $defs) says about a value's plain form, as far as a form field has to know it.

const kMostSteps = 16;  // a $ref may lead in a circle

function at(pointer, root) {
  return pointer.slice(2).split('/').filter(Boolean)
      .map((part) => decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~'))
      .reduce((node, part) => node?.[part], root);
}

/** `schema` with what it refers to put in its place: a `$ref` into `root`, and the one alternative to null. */
export function plainForm(schema, root, steps = 0) {
  if (schema === null || typeof schema !== 'object') return {};
  if (steps > kMostSteps) return schema;
  const {$ref, ...own} = schema;
  if (typeof $ref === 'string' && $ref.startsWith('#')) return plainForm({...at($ref, root), ...own}, root, steps + 1);
  for (const keyword of ['anyOf', 'oneOf', 'allOf']) {
    const {[keyword]: parts, ...rest} = schema;
    if (!Array.isArray(parts)) continue;
    const others = parts.map((part) => plainForm(part, root, steps + 1)).filter(({type}) => type !== 'null');
    if (others.length === 1) return plainForm({...others[0], ...rest}, root, steps + 1);
  }
  return schema;
}

/** How a value of a plain schema is typed in: 'choice', 'boolean', 'number', 'text', or as 'json' where it has no plain type. */
export function kindOf(schema) {
  if (schema.enum || 'const' in schema) return 'choice';
  const types = [schema.type ?? []].flat().filter((type) => type !== 'null');
  if (types.length === 0 || types.includes('array') || types.includes('object')) return 'json';
  if (types.includes('integer') || types.includes('number')) return 'number';
  if (types.includes('boolean')) return types.length === 1 ? 'boolean' : 'json';
  return 'text';
}
