/** What a connection hands to the one that goes on in its place. */
import type { AnyConnected } from '@biopair/handshake'
import type { Bytes } from '@biopair/wire'
import type { EarlyDataStatus } from './early-stream.ts'
import type { Reached } from './record-output.ts'

export interface ConnectionState {
  readonly connected: AnyConnected
  readonly reached: Reached
  /** What has come of a record that is not whole yet: as it was on the wire. */
  readonly part: Bytes
  /** Whether data was written, and tickets that wait for it were issued. */
  readonly wrote: boolean
  /** What became of its early data. */
  readonly early: EarlyDataStatus
  /** Records in a row that carried no data. */
  readonly sideRecords: number
}
