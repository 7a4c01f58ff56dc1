// A form made from a task's schema, and the params that its fields stand for, as JSON text: a number goes as it was typed.
// It does not validate: what is wrong with the params the server says, and it is shown at the field.

import {element, setText} from './dom.js';
import {count} from './format.js';
import {printJson} from './json.js';
import {kindOf, plainForm} from './schema.js';

const kLongText = 2000;
const kNumber = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

function bounds(schema) {
  const unit = kindOf(schema) === 'text' ? ' characters' : '';
  const low = schema.minimum ?? schema.exclusiveMinimum ?? schema.minLength;
  const high = schema.maximum ?? schema.exclusiveMaximum ?? schema.maxLength;
  if (low !== undefined && high !== undefined) return `${count(low)} to ${count(high)}${unit}`;
  if (high !== undefined) return `at most ${count(high)}${unit}`;
  return low === undefined ? '' : `at least ${count(low)}${unit}`;
}

// Of the choices none is made where the param may be left out.
function choice(values, initial, required, common) {
  const options = values.map((value) => element('option', {value: printJson(value), selected: value === initial}, String(value)));
  const none = required || initial !== undefined ? [] : [element('option', {value: '', selected: true}, '–')];
  return element('select', common, ...none, ...options);
}

function control(schema, id, required) {
  const initial = schema.default ?? schema.examples?.[0];
  const kind = kindOf(schema);
  const common = {id, name: id, 'aria-describedby': `${id}-hint ${id}-error`, autocomplete: 'off', spellcheck: 'false'};
  if (kind === 'choice') return choice(schema.enum ?? [schema.const], initial, required, common);
  if (kind === 'boolean' && !required && initial === undefined) return choice([true, false], initial, required, common);
  if (kind === 'boolean') return element('input', {...common, type: 'checkbox', checked: initial === true});
  const text = initial === undefined || initial === null ? '' : kind === 'json' ? printJson(initial) : String(initial);
  if (kind === 'json' || (kind === 'text' && (schema.maxLength ?? kLongText) >= kLongText)) {
    return element('textarea', {...common, rows: '3'}, text);
  }
  return element('input', {...common, type: 'text', inputmode: kind === 'number' ? 'decimal' : null, value: text});
}

function isJson(text) {
  try { return JSON.parse(text) !== undefined; } catch { return false; }
}

/** What a field stands for, as JSON text; undefined where it is left out. Text that is no number or no JSON stays text. */
function valueOf(node, schema) {
  if (node.localName === 'select') return node.value || undefined;
  if (node.type === 'checkbox') return String(node.checked);
  if (node.value === '') return undefined;
  const kind = kindOf(schema);
  const typed = node.value.trim();
  if (kind === 'number' && kNumber.test(typed)) return typed;
  if (kind === 'number' && typed !== '' && Number.isFinite(Number(typed))) return String(Number(typed));
  return kind === 'json' && isJson(typed) ? typed : JSON.stringify(node.value);
}

const nameIn = (pointer) => pointer.split('/')[1]?.replaceAll('~1', '/').replaceAll('~0', '~');

export class TaskForm {
  #fields = new Map();
  #whole = null;

  /** `rows` are the form's elements, one for each property, or one for all params where the schema names none. */
  constructor(params) {
    const schema = plainForm(params, params);
    const required = new Set(schema.required ?? []);
    const properties = Object.entries(schema.properties ?? {});
    this.rows = properties
        .sort(([a], [b]) => required.has(b) - required.has(a))
        .map(([name, field], index) => this.#row(name, index, plainForm(field, params), required.has(name)));
    if (properties.length === 0 && schema.additionalProperties !== false) this.rows = [this.#wholeRow()];
  }

  #row(name, index, schema, required) {
    const id = `param-${/^[\w-]+$/.test(name) ? name : index}`;
    const input = control(schema, id, required);
    const error = element('span', {class: 'error', id: `${id}-error`});
    if (required) input.setAttribute('aria-required', 'true');
    this.#fields.set(name, {schema, input, error});
    const about = [schema.description ?? schema.title, bounds(schema), kindOf(schema) === 'json' ? 'JSON' : '', required ? '' : 'optional'];
    return element('div', {class: `field ${input.localName}`},
        element('label', {for: id}, name), input,
        element('span', {class: 'hint', id: `${id}-hint`}, about.filter(Boolean).join(' · ')), error);
  }

  #wholeRow() {
    this.#whole = element('textarea', {id: 'params', rows: '4', spellcheck: 'false', 'aria-describedby': 'params-hint'}, '{}');
    return element('div', {class: 'field textarea'}, element('label', {for: 'params'}, 'params'), this.#whole,
        element('span', {class: 'hint', id: 'params-hint'}, 'JSON, as it is sent: the task’s schema names no param'));
  }

  /** JSON text. */
  params() {
    if (this.#whole) return this.#whole.value.trim() || '{}';
    const members = [...this.#fields].map(([name, {input, schema}]) => [name, valueOf(input, schema)])
        .filter(([, value]) => value !== undefined)
        .map(([name, value]) => `${JSON.stringify(name)}:${value}`);
    return `{${members.join(',')}}`;
  }

  /** `errors`: [{pointer, message}] as in a problem document. Returns those that belong to no field. */
  showErrors(errors) {
    for (const {input, error} of this.#fields.values()) {
      setText(error, '');
      input.removeAttribute('aria-invalid');
    }
    const homeless = errors.filter(({pointer, message}) => {
      const field = this.#fields.get(nameIn(pointer));
      if (!field) return true;
      setText(field.error, message);
      field.input.setAttribute('aria-invalid', 'true');
      return false;
    });
    [...this.#fields.values()].find(({input}) => input.hasAttribute('aria-invalid'))?.input.focus();
    return homeless;
  }
}
