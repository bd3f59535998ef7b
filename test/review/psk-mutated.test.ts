/** Sessions whose bytes were changed where they were kept: at a client, and at a server that seals without a seal. */
import { type Session, sessionFromBytes, sessionToBytes, type TicketSealer } from '@biopair/ssl'
import test from 'ava'
import { Dice } from '../support/dice.ts'
import { chainFor } from '../support/mint.ts'
import { clientContext, serverContext, sessionOf, visit } from '../support/resume.ts'

const { pem, keyPem, root } = chainFor('p256')
const proves = { cert: pem, key: keyPem }
const asks = { ca: root.pem, requestCert: true }

function spoiled(bytes: Uint8Array, dice: Dice): Uint8Array {
  const other = Uint8Array.from(bytes)
  // Half of the changes are before the chain, which is long.
  const end = dice.one(2) ? 80 : other.length
  for (let i = dice.from(1, 2); i > 0; i--) other[dice.below(end)] = dice.below(256)
  return other
}

test('a client whose session was changed shakes hands fully, or hears decrypt_error from the server; its own fault it never is', async t => {
  const client = clientContext()
  const server = serverContext()
  const bytes = sessionToBytes(await sessionOf(client, server))
  const seen: Record<string, number> = {}
  for (let seed = 1; seed <= 80; seed++) {
    let session: Session
    try {
      session = sessionFromBytes(spoiled(bytes, new Dice(seed)))
    } catch (error) {
      t.is((error as { code?: string }).code, 'ERR_INVALID_ARG_VALUE')
      continue
    }
    const { client: end, statuses } = await visit(client, server, { session })
    const last = end.doHandshake()
    const what = last.status === 'failed' ? last.error.message : String(end.resumed)
    if (statuses.includes('failed')) t.regex(what, /DECRYPT_ERROR/, `seed ${seed}`)
    seen[what] = (seen[what] ?? 0) + 1
  }
  t.log(JSON.stringify(seen))
  t.true(Object.keys(seen).length > 1)
})

test('a server whose sealer opens to something else shakes hands fully, or names the binder', async t => {
  let dice: Dice | undefined
  const ticketSealer: TicketSealer = {
    seal: state => Uint8Array.from(state),
    open: ticket => (dice ? Uint8Array.from(spoiled(ticket, dice)) : ticket),
  }
  const client = clientContext(proves)
  const server = serverContext({ ...asks, ticketSealer })
  const session = await sessionOf(client, server)
  const seen: Record<string, number> = {}
  for (let seed = 1; seed <= 80; seed++) {
    dice = new Dice(seed)
    const { server: end, statuses } = await visit(client, server, { session, reuseSession: true })
    const last = end.doHandshake()
    const what = last.status === 'failed' ? last.error.message : String(end.resumed)
    if (statuses.includes('failed')) t.regex(what, /BINDER_DOES_NOT_VERIFY/, `seed ${seed}`)
    else t.true(end.authorized)
    seen[what] = (seen[what] ?? 0) + 1
  }
  t.log(JSON.stringify(seen))
  t.true(Object.keys(seen).length > 1)
})
