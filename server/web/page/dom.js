// Makes elements. Text is always set as text, never as markup, so nothing that a server says can become code.

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** `element('p', {class: 'note', onclick: f}, 'text', otherElement)` */
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

export const byId = (id) => document.getElementById(id);

/** Sets the text only where it differs, so that a selection or a screen reader is not disturbed every second. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/** Makes the children of `parent` be `keys`, in order: kept where known, made with `make(key)` where new. */
export function reconcile(parent, keys, make) {
  const known = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const wanted = keys.map((key) => {
    const child = known.get(key) ?? make(key);
    child.dataset.key = key;
    return child;
  });
  const unchanged = wanted.length === parent.children.length
      && wanted.every((child, index) => parent.children[index] === child);
  if (!unchanged) parent.replaceChildren(...wanted);
  return wanted;
}

/** Copies an element's text; "copied", or "selected" where there is no clipboard, as outside a secure context. */
export async function copyText(node) {
  try {
    await navigator.clipboard.writeText(node.textContent);
    return 'copied';
  } catch {
    getSelection().selectAllChildren(node);
    return 'selected';
  }
}
