// Runs the Postman collection with newman. Knows no assertion: they stand in the collection.

import {createRequire} from 'node:module';

import newman from 'newman';

const require = createRequire(import.meta.url);

/** `variables` as the collection names them; `folders` in their order: {requests, assertions, failures: ["request: …"]}. */
export function collection(variables, folders) {
  const envVar = Object.entries(variables).map(([key, value]) => ({key, value}));
  return new Promise((resolve, reject) => {
    newman.run({collection: require('./cruncherd.postman_collection.json'), envVar, folder: folders, timeoutRequest: 30_000},
        (error, summary) => {
          if (error) return reject(error);
          const {stats, failures} = summary.run;
          resolve({
            requests: stats.requests.total,
            assertions: stats.assertions.total,
            failures: failures.map(({source, error: {name, test: behaviour, message}}) => `${source?.name}: ${behaviour ?? name}: ${message}`),
          });
        });
  });
}
