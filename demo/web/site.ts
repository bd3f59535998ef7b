/** The site: the page, its modules, and what page and workers are told. */
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { modulesFrom, pathOf } from './modules.ts'

/** The repository, from where this stands once it is built. */
const root = fileURLToPath(new URL('../../../', import.meta.url))
const source = (name: string) => readFileSync(`${root}demo/web/page/${name}`, 'utf8')
const built = (name: string) => `${root}demo/dist/page/${name}.js`

const types: Readonly<Record<string, string>> = {
  css: 'text/css',
  html: 'text/html; charset=utf-8',
  js: 'text/javascript',
  json: 'application/json',
  svg: 'image/svg+xml',
}

/** @param told what `/settings.json` (the page's) and `/identity.json` (the workers') answer */
export async function site(
  port: number,
  told: { readonly settings: object; readonly identity: object },
): Promise<string> {
  const modules = modulesFrom(root, [built('page'), built('worker')])
  const page = source('index.html')
    .replace('"IMPORT_MAP"', () => JSON.stringify({ imports: modules.importMap }))
    .replace('PAGE_MODULE', `/modules/${pathOf(root, built('page'))}`)
    .replace('WORKER_MODULE', `/workers/${pathOf(root, built('worker'))}`)
  const files: Readonly<Record<string, string>> = {
    '/': page,
    '/page.css': source('page.css'),
    '/settings.json': JSON.stringify(told.settings),
    '/identity.json': JSON.stringify(told.identity),
  }
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    const text = Object.hasOwn(files, pathname) ? files[pathname] : modules.text(pathname)
    const ending = pathname === '/' ? 'html' : (pathname.split('.').at(-1) ?? '')
    const type = types[ending] ?? 'text/plain'
    response.writeHead(text === undefined ? 404 : 200, {
      'Content-Type': type,
      'Cache-Control': 'no-store',
    })
    response.end(text)
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
