#!/usr/bin/env node
// The job of the Node servers as a cruncher of cruncherd, by the kit.
import {serve, task} from '../../../ipc/kits/cruncher.mjs';
import spin from './spin.mjs';

task('spin', {params: {CPUTimeMs: {type: 'integer'}}}, ({CPUTimeMs}) => spin(CPUTimeMs));

serve();
