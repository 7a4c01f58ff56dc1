// Node's own HTTP server, light route only.
import { serve } from './serve.mjs';

serve();
