// A form made from a JSON Schema (draft-07, an object with properties), and the params that its fields stand for.
// It does not validate: what is wrong with the params the server says, and it is shown at the field.

import {element, setText} from './dom.js';
import {count} from './format.js';

const kLongText = 2000;

const typesOf = (schema) => [schema.type ?? 'string'].flat();
const isNumber = (schema) => typesOf(schema).some((type) => type === 'integer' || type === 'number');
const isStructure = (schema) => typesOf(schema).some((type) => type === 'array' || type === 'object');

function bounds(schema) {
  const unit = isNumber(schema) ? '' : ' characters';
  const low = schema.minimum ?? schema.exclusiveMinimum ?? schema.minLength;
  const high = schema.maximum ?? schema.exclusiveMaximum ?? schema.maxLength;
  if (low !== undefined && high !== undefined) return `${count(low)} to ${count(high)}${unit}`;
  if (high !== undefined) return `at most ${count(high)}${unit}`;
  return low === undefined ? '' : `at least ${count(low)}${unit}`;
}

function control(schema, id) {
  const initial = schema.default ?? schema.examples?.[0];
  const common = {id, name: id, 'aria-describedby': `${id}-hint ${id}-error`, autocomplete: 'off', spellcheck: 'false'};
  if (schema.enum) {
    const options = schema.enum.map((value) => element('option',
        {value: JSON.stringify(value), selected: value === initial}, String(value)));
    return element('select', common, ...options);
  }
  if (typesOf(schema).includes('boolean')) {
    return element('input', {...common, type: 'checkbox', checked: initial === true});
  }
  const text = initial === undefined ? '' : isStructure(schema) ? JSON.stringify(initial) : String(initial);
  const isLong = isStructure(schema) || (!isNumber(schema) && (schema.maxLength ?? kLongText) >= kLongText);
  if (isLong) return element('textarea', {...common, rows: '3'}, text);
  return element('input', {...common, type: 'text', inputmode: isNumber(schema) ? 'decimal' : null, value: text});
}

/** The value that a field stands for; undefined where it is left out. Text that is no number stays text. */
function valueOf(node, schema) {
  if (schema.enum) return JSON.parse(node.value);
  if (node.type === 'checkbox') return node.checked;
  if (node.value === '') return undefined;
  if (isStructure(schema)) {
    try { return JSON.parse(node.value); } catch { return node.value; }
  }
  const number = Number(node.value);
  return isNumber(schema) && Number.isFinite(number) ? number : node.value;
}

export class TaskForm {
  #fields = new Map();

  /** `rows` are the form's elements, one for each property. */
  constructor(schema) {
    const required = new Set(schema.required ?? []);
    this.rows = Object.entries(schema.properties ?? {})
        .sort(([a], [b]) => required.has(b) - required.has(a))
        .map(([name, field]) => this.#row(name, field, required.has(name)));
  }

  #row(name, schema, required) {
    const id = `param-${name}`;
    const input = control(schema, id);
    const error = element('span', {class: 'error', id: `${id}-error`});
    if (required) input.setAttribute('aria-required', 'true');
    this.#fields.set(name, {schema, input, error});
    const about = [schema.description ?? schema.title, bounds(schema), required ? '' : 'optional'].filter(Boolean);
    return element('div', {class: `field ${input.localName}`},
        element('label', {for: id}, name), input,
        element('span', {class: 'hint', id: `${id}-hint`}, about.join(' · ')), error);
  }

  params() {
    const entries = [...this.#fields].map(([name, {input, schema}]) => [name, valueOf(input, schema)]);
    return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  }

  /** `errors`: [{pointer, message}] as in a problem document. Returns those that belong to no field. */
  showErrors(errors) {
    for (const {input, error} of this.#fields.values()) {
      setText(error, '');
      input.removeAttribute('aria-invalid');
    }
    const homeless = errors.filter(({pointer, message}) => {
      const field = this.#fields.get(pointer.split('/')[1]);
      if (!field) return true;
      setText(field.error, message);
      field.input.setAttribute('aria-invalid', 'true');
      return false;
    });
    [...this.#fields.values()].find(({input}) => input.hasAttribute('aria-invalid'))?.input.focus();
    return homeless;
  }
}
