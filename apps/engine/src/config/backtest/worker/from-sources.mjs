// Starts the lab's thread from the sources: threads do not inherit what lets the main one read TypeScript.
import { register } from 'tsx/esm/api';

register();
await import('./lab-worker.ts');
