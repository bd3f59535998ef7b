/** What each end of a handshake says to its carrier and asks of its application, and in which order: said.txt has it, scenario by scenario. */
import { readFileSync } from 'node:fs'
import test from 'ava'
import { conversations } from '../support/conversations.ts'
import { converse, type End } from '../support/converse.ts'

const file = new URL('../../handshake/said.txt', import.meta.url)
const said = new Map(
  readFileSync(file, 'utf8')
    .split(/^# /m)
    .slice(1)
    .map(part => {
      const [title = '', ...lines] = part.trim().split('\n')
      return [title, lines]
    }),
)

/** A line for each state, as they stand in said.txt. */
const written = ({ lines }: End): string[] => lines.join('; ').replaceAll('; =', '\n=').split('\n')

/** The secrets that go on: those that the connection owns from now on. */
const kept = ({ connected }: End): unknown[] => Object.values(connected ?? {})

for (const [title, options] of Object.entries(conversations))
  for (const role of ['client', 'server'] as const)
    test(`what a ${role} says: ${title}`, t => {
      const end = converse(options)[role]
      t.deepEqual(written(end), said.get(`${role}: ${title}`))
      t.truthy(end.connected)
      const owned = kept(end)
      const left = end.secrets.filter(
        bytes => !owned.includes(bytes) && bytes.some(byte => byte !== 0),
      )
      t.is(left.length, 0, 'a secret that was handed out is still there')
      t.true(end.secrets.some(bytes => owned.includes(bytes)))
    })
