// The bench to try each task: choose, fill in, run, look at the result. Leaving a job (Cancel) kills its cruncher.

import {ContentField, callCommand, commandCurlLine, isCommand, resultElements} from './command_call.js';
import {copyText, element, setText} from './dom.js';
import {duration, memory, percent, words} from './format.js';
import {printJson} from './json.js';
import {askForKey, keyRow} from './key.js';
import {callTask, curlLine, pictureMembers} from './task_call.js';
import {TaskForm} from './task_form.js';

/** The result as text, with each picture's base64 cut to its beginning. */
function resultText(result, pictures) {
  const cut = {...result};
  for (const {name} of pictures) cut[name] = `${result[name].slice(0, 24)}… (${memory(result[name].length * 0.75 / 1024)})`;
  return printJson(pictures.length ? cut : result, 2);
}

function usageText(usage) {
  return `wait ${duration(usage.wait_ms)} · run ${duration(usage.run_ms)} · cpu ${duration(usage.cpu_ms)}`
      + ` · ${memory(usage.max_rss_kib)} · pid ${usage.pid}`;
}

export class TryTask {
  #tasks;
  #task;
  #form;
  #content = null;
  #requestId = null;
  #lastRequestId = null;
  #leave = null;
  #choices = element('div', {class: 'choices', role: 'radiogroup', 'aria-labelledby': 'try-title'});
  #summary = element('p', {class: 'summary'});
  #fields = element('div', {class: 'fields'});
  #deadline = element('input', {id: 'deadline', type: 'text', inputmode: 'decimal', autocomplete: 'off',
    'aria-describedby': 'deadline-hint'});
  #deadlineRow = element('div', {class: 'field'}, element('label', {for: 'deadline'}, 'deadline'), this.#deadline,
      element('span', {class: 'hint', id: 'deadline-hint'}, 'seconds, to shorten the server’s own · optional'));
  #run = element('button', {type: 'submit', class: 'primary'}, 'Run');
  #cancel = element('button', {type: 'button', hidden: true, onclick: () => this.#leave?.abort()}, 'Cancel');
  #state = element('span', {class: 'state'});
  #curl = element('code');
  #copied = element('span', {class: 'note', role: 'status'});
  #answer = element('div', {class: 'answer', role: 'status'});

  constructor(host, tasks) {
    this.#tasks = tasks;
    this.#choices.append(...tasks.map((task, index) => element('label', {},
        element('input', {type: 'radio', name: 'task', value: task.name, checked: index === 0,
          onchange: () => this.#choose(task)}), element('span', {}, task.name))));
    const form = element('form', {novalidate: true, oninput: () => this.#showCurl(), onsubmit: (event) => {
      event.preventDefault();
      this.#start();
    }}, this.#choices, this.#summary, this.#fields,
    element('p', {class: 'actions'}, this.#run, this.#cancel, this.#state));
    const copy = element('button', {type: 'button', onclick: () => this.#copy()}, 'Copy');
    host.replaceChildren(form, this.#answer,
        element('div', {class: 'curl'}, element('h3', {}, 'The same from a shell'), copy, this.#copied,
            element('pre', {tabindex: '0', 'aria-label': 'curl line'}, this.#curl)));
    this.#choose(tasks[0]);
  }

  /** Of the last job that this page asked for; null where there was none. */
  get lastRequestId() { return this.#lastRequestId; }

  /** Follows this page's own job in a new /status. */
  show(status) {
    if (this.#requestId === null) return;
    const job = status.jobs.find(({id}) => id === this.#requestId);
    if (job) setText(this.#state, job.state === 'waiting' ? 'waiting for a slot' : `running ${job.progress === null ? '' : percent(job.progress)}`);
  }

  #choose(task) {
    this.#task = task;
    this.#form = new TaskForm(task.params);
    this.#content = isCommand(task) ? new ContentField(task) : null;
    this.#fields.replaceChildren(...(this.#content ? [this.#content.row] : []), ...this.#form.rows, this.#deadlineRow, keyRow);
    setText(this.#summary, task.summary);
    this.#answer.replaceChildren();
    this.#showCurl();
  }

  #showCurl() {
    const deadline = this.#deadline.value.trim();
    setText(this.#curl, this.#content ? commandCurlLine(this.#task, this.#form.params(), this.#content.file, deadline)
      : curlLine(this.#task, this.#form.params(), deadline));
    setText(this.#copied, '');
  }

  async #copy() {
    setText(this.#copied, await copyText(this.#curl));
  }

  async #start() {
    this.#leave?.abort();
    const task = this.#task;
    const form = this.#form;
    const leave = this.#leave = new AbortController();
    this.#requestId = this.#lastRequestId = `dashboard-${Math.random().toString(36).slice(2, 10)}`;
    this.#busy(true);
    form.showErrors([]);
    try {
      const terms = {deadline: this.#deadline.value.trim(), requestId: this.#requestId, signal: leave.signal};
      const answer = this.#content ? await callCommand(task, form.params(), this.#content.file, terms)
        : await callTask(task, form.params(), terms);
      const result = this.#content && answer.status === 200 ? await resultElements(task, answer.blob) : null;
      if (task === this.#task) this.#showAnswer(task, form, answer, result);
    } catch (error) {
      const text = leave.signal.aborted ? 'Left: the server kills the job of a client that is gone.' : `No answer: ${error.message}`;
      if (task === this.#task) this.#answer.replaceChildren(element('p', {class: 'verdict failure'}, text));
    }
    if (leave === this.#leave) this.#busy(false);
  }

  #busy(on) {
    this.#cancel.hidden = !on;
    this.#run.textContent = on ? 'Run again' : 'Run';
    setText(this.#state, on ? 'asked' : '');
    if (!on) this.#requestId = null;
  }

  // `result` is a command's, as elements.
  #showAnswer(task, form, {status, body, took}, result) {
    if (status === 401) askForKey();
    const verdict = element('p', {class: `verdict ${status === 200 ? 'ok' : 'failure'}`},
        `${status} ${status === 200 ? 'ok' : words(body.reason ?? body.title ?? '')} `,
        element('span', {class: 'facts'}, `${duration(took)} as seen from here`));
    const parts = [verdict];
    if (body.usage) parts.push(element('p', {class: 'facts'}, usageText(body.usage)));
    if (result) {
      parts.push(...result);
    } else if (status === 200) {
      const pictures = pictureMembers(task).filter(({name}) => typeof body.result?.[name] === 'string');
      for (const {name, type} of pictures) {
        parts.push(element('img', {src: `data:${type};base64,${body.result[name]}`, alt: `${name} that ${task.name} made`}));
      }
      parts.push(element('pre', {tabindex: '0', 'aria-label': 'result'}, resultText(body.result, pictures)));
    } else {
      const homeless = form.showErrors(body.errors ?? []);
      if (body.detail) parts.push(element('p', {}, body.detail));
      parts.push(...homeless.map(({pointer, message}) => element('p', {class: 'error'}, `${pointer || 'params'}: ${message}`)));
    }
    this.#answer.replaceChildren(...parts);
  }
}
