// The page of /demo: the origin's scenario at a button.

import {byId} from './dom.js';
import {Experiment} from './experiment.js';
import {keyRow} from './key.js';

byId('key').append(keyRow);
new Experiment();
