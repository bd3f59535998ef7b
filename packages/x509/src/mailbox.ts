/** Mailboxes and the hosts they are at, as certificates write them (RFC 5280 §4.2.1.6, §7.5). */

export interface Mailbox {
  /** Compared letter by letter. */
  readonly local: string
  /** In lower case: compared without regard to it. */
  readonly host: string
}

// RFC 5280 appendix A, ub-emailaddress-length; RFC 1035 §2.3.4, without the root's label.
const longestMailbox = 255
const longestDomain = 253

/** `local@host`, the quotes of a quoted local part taken off, which say nothing (RFC 5321 §4.1.2); undefined for whatever is none. */
export function mailbox(text: string): Mailbox | undefined {
  if (text.length > longestMailbox) return undefined
  const at = text.lastIndexOf('@')
  const local = text.slice(0, at)
  const host = lower(text.slice(at + 1))
  if (at < 1 || !domain(host)) return undefined
  if (/^"[^"\\]+"$/.test(local)) return { local: local.slice(1, -1), host }
  return /[@"\s]/.test(local) ? undefined : { local, host }
}

/** Whether a text is made of labels, and no longer than a name can be. */
export function domain(text: string): boolean {
  return (
    text.length <= longestDomain &&
    /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,62})(?:\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*$/.test(text)
  )
}

/** ASCII letters in lower case, and nothing else changed. */
export function lower(text: string): string {
  return text.replace(/[A-Z]/g, letter => letter.toLowerCase())
}
