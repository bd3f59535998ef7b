/** What docs/reasons.md says of an alert that we send: its names, its alerts and the sections that are broken. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TlsAlert } from '@biopair/wire'
import type { ExecutionContext } from 'ava'

interface Row {
  readonly alerts: readonly string[]
  readonly sections: readonly string[]
}

const rows = new Map<string, Row>()

/** The error is one of the page: by its reason, with an alert and a section that stand beside it there. */
export function documented(t: ExecutionContext, error: TlsAlert): void {
  if (rows.size === 0) read()
  const { reason, alert, section } = error
  const row = rows.get(reason)
  if (!row) {
    t.fail(`docs/reasons.md does not have ${reason} among the alerts that we send`)
    return
  }
  const { alerts, sections } = row
  if (sections.includes('by the code')) t.regex(section, /^(RFC \d+ )?[1-9A-E][.\d]*$/)
  else t.true(sections.includes(section), `${reason}: ${section} is none of ${sections.join()}`)
  if (!alerts.includes('by the code'))
    t.true(alerts.includes(alert), `${reason}: ${alert} is none of ${alerts.join()}`)
}

function read(): void {
  const text = readFileSync(join(root(dirname(fileURLToPath(import.meta.url))), 'docs/reasons.md'))
  const table = text.toString().split('## Alerts that we send')[1]?.split('\n## ')[0] ?? ''
  for (const [, reason = '', alerts = '', sections = ''] of table.matchAll(
    /^\| `(\w+)` *\|([^|]*)\|([^|]*)\|/gm,
  ))
    rows.set(reason, { alerts: listed(alerts), sections: inFull(listed(sections)) })
}

const listed = (cell: string): string[] => cell.split(/,| or /).map(word => word.trim())

/** `RFC 8422 5.4, 5.7` are two sections of one RFC. */
function inFull(sections: readonly string[]): string[] {
  let rfc = ''
  return sections.map(section => {
    const named = /^RFC \d+ /.exec(section)?.[0]
    if (named !== undefined) rfc = named
    return named === undefined ? rfc + section : section
  })
}

/** The project's root, from `test/` or from `test/dist/`. */
function root(from: string): string {
  return existsSync(join(from, 'pnpm-workspace.yaml')) ? from : root(dirname(from))
}
