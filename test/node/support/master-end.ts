/** What an fd BIO says of a pseudo-terminal whose other side is gone: its descriptor 3. */
import { FdBio } from '@biopair/node'

const bio = new FdBio(3)
const into = new Uint8Array(100)
const answers = [bio.read(into), bio.read(into), bio.read(into)]
const text = Buffer.from(into).toString('latin1', 0, Number(answers[0]))
process.stdout.write(JSON.stringify({ text, answers, eof: bio.eof }))
