// Express, light route only, in its production settings.
import express from 'express';
import { lightBody, port } from './serve.mjs';

const app = express();
app.get('/', (request, response) => response.type('application/json').send(lightBody));
app.listen(Number(port), '127.0.0.1');
