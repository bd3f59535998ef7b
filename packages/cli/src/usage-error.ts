/** A mistake on the command line: nothing was connected, nothing was sent. */

export class UsageError extends Error {
  override readonly name = 'UsageError'
}
