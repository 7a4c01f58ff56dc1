// Wires the dashboard: one poller feeds every panel. Start reading here.

import {byId, element, setText} from './dom.js';
import {Faceplate} from './faceplate.js';
import {showFailures} from './failures.js';
import {duration} from './format.js';
import {Gauges} from './gauges.js';
import {History} from './history.js';
import {showJobs} from './jobs.js';
import {parseJson} from './json.js';
import {Plots} from './plots.js';
import {Poller} from './poller.js';
import {showStored} from './stored.js';
import {showTally} from './tallies.js';
import {showTasks} from './tasks.js';
import {TryTask} from './try_task.js';

const faceplate = new Faceplate();
const gauges = new Gauges(byId('gauges'));
const plots = new Plots(byId('plots'));
const history = new History();
let tryTask = null;

function outcomeKind(reason) {
  if (reason === 'ok') return 'ok';
  return reason === 'client_gone' ? 'plain' : 'failure';
}

function show(status) {
  history.follow(status);
  faceplate.show(status);
  gauges.show(status);
  showJobs(status.jobs);
  showStored(status.stored);
  plots.show(history.samples, status.server.uptime_s * 1000);
  showTasks(status.tasks);
  showFailures(status.failures);
  showTally('outcomes', status.outcomes, outcomeKind, 'no heavy request yet');
  showTally('closes', status.connections.closed_total, () => 'plain', 'none yet');
  tryTask?.show(status);
}

const poller = new Poller({
  status: show,
  silence: (ms) => faceplate.lamp('silent', `no answer for ${duration(ms)}`),
  failure: (text) => faceplate.lamp('failed', text),
  rest: (why) => faceplate.lamp('resting', why),
}, () => tryTask?.lastRequestId ?? '');

byId('pause').addEventListener('click', (event) => {
  poller.pause(!poller.paused);
  event.currentTarget.setAttribute('aria-pressed', String(poller.paused));
});

async function linkToDemo() {
  const {routes} = await (await fetch('./', {headers: {Accept: 'application/json'}})).json();
  byId('demo').hidden = !('GET /demo' in routes);
}

linkToDemo().catch(() => {});  // a proxy may have another page there

try {
  const {tasks} = parseJson(await (await fetch('tasks')).text());
  tryTask = tasks.length > 0 ? new TryTask(byId('try'), tasks) : null;
  if (!tryTask) setText(byId('try'), 'The cruncher offers no task.');
} catch (error) {
  byId('try').replaceChildren(element('p', {class: 'error'}, `/tasks cannot be read: ${error.message}`));
}
