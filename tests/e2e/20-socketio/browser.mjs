// The browser builds of socket.io-client 2.5 and 4.8 in a headless Chromium, on a page of another origin: by default they poll and upgrade.
// Usage: node browser.mjs <baseUrl> <demo-credentials.json> <page port>. One line per check; skips loudly without Chromium.
import { spawn, spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, failures, within } from './kit.mjs'

const [baseUrl, credentialsFile, port] = process.argv.slice(2)
const CLIENTS = { 'browser 2.x': '/sio2.js', 'browser 4.x': '/sio4.js' }
const FILES = { '/sio2.js': 'sio2/dist/socket.io.js', '/sio4.js': 'sio4/dist/socket.io.js' }
const CHROMIUM = process.env.CHROMIUM ?? 'chromium'

if (spawnSync(CHROMIUM, ['--version']).status !== 0) {
  console.log('skip browser clients poll and upgrade: there is no chromium; run script/install test')
  process.exit(0)
}

// Runs in the page: everything that a client sees, until it has been upgraded and heard a ticker over the WebSocket.
function inPage(script, baseUrl, token) {
  const report = (result) => fetch('/done', { method: 'POST', body: JSON.stringify(result) })
  const seen = { transports: [], events: 0, ack: null, cookie: document.cookie }
  const isOld = script === '/sio2.js'
  const options = isOld ? { query: { token } } : { auth: { token }, withCredentials: true }
  const socket = io(baseUrl + '/ws', { forceNew: true, reconnection: false, ...options })
  seen.transports.push(socket.io.engine.transport.name)
  const fail = (what) => (error) => report({ ...seen, error: what + ': ' + (error?.message ?? JSON.stringify(error)) })
  for (const event of ['error', 'connect_error', 'disconnect']) socket.on(event, fail(event))
  socket.on('connect', () => {
    const { engine } = socket.io
    socket.emit('subscribe', { channel: 'ticker_BTCUSDT' }, (ack) => { seen.ack = ack })
    const end = () => {
      seen.transports.push(engine.transport.name)
      // On the new carrier: ask and hear once more.
      socket.emit('subscribe', ['orderbook_BTCUSDT'], (ack) => {
        if (ack.ok) report(seen)
        else fail('second ack')(ack)
      })
    }
    if (engine.transport.name === 'websocket') end()
    else engine.on('upgrade', end)
  })
  socket.on('ticker', () => { seen.events++ })
}

let done = () => {}
const server = createServer(async (request, response) => {
  if (request.url === '/done') {
    let text = ''
    for await (const piece of request) text += piece
    response.end()
    done(JSON.parse(text))
  } else if (FILES[request.url]) {
    response.setHeader('content-type', 'text/javascript')
    response.end(await readFile(new URL(`node_modules/${FILES[request.url]}`, import.meta.url)))
  } else if (request.url.startsWith('/page?')) {
    const script = new URLSearchParams(request.url.slice(6)).get('script')
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end(`<!doctype html><title>client</title><script src="${script}"></script><script>(${inPage})(` +
      `${[script, baseUrl, token].map((value) => JSON.stringify(value)).join()})</script>`)
  } else {
    response.statusCode = 404
    response.end()
  }
})

async function login({ email, password }) {
  const response = await fetch(baseUrl + '/api/v1/auth/login', {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ email, password })
  })
  return (await response.json()).accessToken
}

async function visit(name, script, folder) {
  const result = new Promise((resolve) => { done = resolve })
  const browser = spawn(CHROMIUM, ['--headless=new', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-extensions',
    '--disable-background-networking', '--disable-component-update', `--user-data-dir=${join(folder, script.slice(1))}`,
    `http://127.0.0.1:${port}/page?script=${script}`], { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  browser.stderr.on('data', (piece) => { log = (log + piece).slice(-3000) })
  const gone = new Promise((resolve) => browser.once('exit', resolve))
  try {
    const seen = await within(result, `word of ${name}`).catch((error) => ({ error: `${error.message}: ${log}` }))
    check(`${name} is served across origins with credentials`, !seen.error, seen.error)
    check(`${name} begins by polling and is upgraded`, seen.transports?.join() === 'polling,websocket', JSON.stringify(seen))
    check(`${name} subscribes and hears the ticker`, seen.ack?.ok === true && seen.events > 0, JSON.stringify(seen))
  } finally {
    browser.kill('SIGKILL')
    await gone
  }
}

const token = await login(JSON.parse(await readFile(credentialsFile, 'utf8'))[0])
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve))
const folder = await mkdtemp(join(tmpdir(), 'future-chromium.'))
for (const [name, script] of Object.entries(CLIENTS)) await visit(name, script, folder)
server.closeAllConnections()
server.close()
await rm(folder, { recursive: true, force: true, maxRetries: 5 })
console.log(failures() === 0 ? 'all checks passed' : `${failures()} checks failed`)
process.exit(failures() === 0 ? 0 : 1)
