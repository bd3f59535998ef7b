/** Where the tests of x509 find data from elsewhere, and how they say that it is absent. */
import { existsSync, readFileSync } from 'node:fs'
import test, { type ExecutionContext } from 'ava'

// From test/dist/support/ to the folder beside the project.
const folder = new URL('../../../../shared/data/', import.meta.url)

/** The text of a file of `../shared/data`. */
export function dataText(path: string): string {
  return readFileSync(new URL(path, folder), 'utf8')
}

/**
 * A test that needs `../shared/data/<part>`. Where that is absent the test says so in its title, or fails if
 * BIOPAIR_REQUIRE_DATA=1 asks for it.
 */
export function dataTest(part: string, title: string, body: (t: ExecutionContext) => void): void {
  if (existsSync(new URL(part, folder))) {
    test(title, body)
    return
  }
  test(`${title} (skipped: no ../shared/data/${part})`, t => {
    t.not(process.env.BIOPAIR_REQUIRE_DATA, '1', `../shared/data/${part} is required and absent`)
    t.log(`skipped: no ../shared/data/${part}`)
  })
}
