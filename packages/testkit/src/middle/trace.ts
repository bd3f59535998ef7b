/** What passes a man in the middle, as readable lines: bytes as names and lengths, never a secret. */
import { messageHeaderLength, showMessage } from '@biopair/handshake'
import { alertName } from '@biopair/wire'
import type { Edit, Seen } from './seen.ts'

/** The lines that show what was seen, and what became of it. Byte strings of 8 bytes and more are shown by their length. */
export function seenLines(seen: Seen, edit?: Edit): string[] {
  const { from, epoch, generation, type, bytes, padding, message } = seen
  const way = from === 'client' ? 'client -> server' : 'server -> client'
  const under = generation > 0 ? `${epoch} ${generation}` : epoch
  const padded = padding > 0 ? `, ${padding} of padding` : ''
  const first = `${way}  ${under.padEnd(11)}  ${message ?? said(seen)}, ${bytes.length} bytes${padded}`
  const [, ...fields] =
    type === 'handshake' ? showMessage(bytes[0] as number, bytes.subarray(messageHeaderLength)) : []
  return [first, ...fields.map(line => `  ${veiled(line)}`), ...became(edit)]
}

function said({ type, bytes }: Seen): string {
  const [level, description] = bytes
  if (type !== 'alert' || bytes.length !== 2 || description === undefined) return type
  return `alert ${level === 1 ? 'warning' : 'fatal'} ${alertName(description)}`
}

/** Hex is as long as what it shows; `... (N bytes)` says so itself. A name in quotes stays. */
function veiled(line: string): string {
  return line
    .replaceAll(/\b[0-9a-f]{16,}\.\.\. /g, '')
    .replaceAll(/\b([0-9a-f]{16,})( "[^"]*")?/g, (_, hex: string, name?: string) =>
      name ? name.trim() : `(${hex.length / 2} bytes)`,
    )
}

function became(edit: Edit): string[] {
  if (edit === undefined) return []
  if (edit === 'drop') return ['  = dropped']
  if (edit instanceof Uint8Array) return [`  = changed to ${edit.length} bytes`]
  if ('after' in edit) return [`  = delayed until ${edit.after} more have passed`]
  return [`  = replaced by ${edit.length}`]
}
