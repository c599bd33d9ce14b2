/** For the core, which knows of cryptography only the shapes. */
export { sameBytes } from '../crypto/bytes.ts'
