/** Mailboxes and the hosts they are at, as certificates write them (RFC 5280 §4.2.1.6, §7.5). */

export interface Mailbox {
  /** Compared letter by letter. */
  readonly local: string
  /** In lower case: compared without regard to it. */
  readonly host: string
}

/** `local@host`; undefined for whatever is none. */
export function mailbox(text: string): Mailbox | undefined {
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const host = lower(text.slice(at + 1))
  const quoted = /^"[^"\\]*"$/.test(local)
  return at > 0 && domain(host) && (quoted || !/[@"\s]/.test(local)) ? { local, host } : undefined
}

/** Whether a text is made of labels. */
export function domain(text: string): boolean {
  return /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/.test(text)
}

/** ASCII letters in lower case, and nothing else changed. */
export function lower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase())
}
