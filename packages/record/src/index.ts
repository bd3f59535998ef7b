/** What package record offers. */
export * from './buffers.ts'
export * from './nonce.ts'
export * from './protection.ts'
export * from './protection13.ts'
export * from './record.ts'
export { RecordError, type RecordErrorCode, RecordRangeError } from './record-error.ts'
export * from './record-reader.ts'
export * from './record-writer.ts'
