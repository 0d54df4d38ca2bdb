export { type ErrorAdvice, ExitStatus, LostbitError } from './errors.js';
