// Unmodified Socket.IO clients (2.5, 3.1, 4.8) against a running exchange, by every transport.
// Usage: node run.mjs <baseUrl> <demo-credentials.json>. One line per check; exit status 1 if any failed.
import { readFile } from 'node:fs/promises'
import { GENERATIONS, TRANSPORTS, check, failures, once, ask, within, until } from './kit.mjs'

const [baseUrl, credentialsFile] = process.argv.slice(2)
if (!baseUrl || !credentialsFile) {
  console.error('usage: node run.mjs <baseUrl> <demo-credentials.json>')
  process.exit(2)
}
const SYMBOL = 'BTCUSDT'

async function rest(method, path, { token, body } = {}) {
  const headers = { 'content-type': 'application/json' }
  if (token) headers.authorization = `Bearer ${token}`
  const response = await fetch(baseUrl + '/api/v1' + path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body)
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : null }
}

async function login({ email, password }) {
  const { status, json } = await rest('POST', '/auth/login', { body: { email, password } })
  if (status >= 300) throw new Error(`login of ${email}: ${status}`)
  const me = await rest('GET', '/auth/me', { token: json.accessToken })
  return { token: json.accessToken, id: me.json.id }
}

const EVENTS = ['orderbook', 'trades', 'ticker', 'orders', 'position', 'account', 'balance']

// A client with everything that it received, by event name.
function connect({ io, options, transports }, token, nsp = '/ws') {
  const socket = io(baseUrl + nsp, { transports, forceNew: true, reconnection: false, ...options(token) })
  socket.seen = Object.fromEntries(EVENTS.map((event) => [event, []]))
  socket.lost = new Promise((resolve) => socket.once('disconnect', resolve))
  for (const event of EVENTS) socket.on(event, (data) => socket.seen[event].push(data))
  return socket
}

// A resting order of `maker` inside of the spread, taken by `taker`.
async function cross(maker, taker) {
  const book = (await rest('GET', `/orderbook/${SYMBOL}?limit=5`)).json
  const ask = Number(book.asks[0]?.[0] ?? 65000)
  const bid = Number(book.bids[0]?.[0] ?? ask - 1)
  const price = Math.max(bid + 0.1, ask - 0.1).toFixed(1)
  const order = { symbol: SYMBOL, type: 'LIMIT', quantity: '0.002', price, leverage: '10' }
  const made = await rest('POST', '/order?wait=result', { token: maker.token, body: { ...order, side: 'SELL' } })
  const took = await rest('POST', '/order?wait=result', { token: taker.token, body: { ...order, side: 'BUY' } })
  return { made, took }
}

async function checkTrading(name, generation, one, two) {
  const first = connect(generation, one.token)
  const second = connect(generation, two.token)
  await Promise.all([once(first, 'connect'), once(second, 'connect')])
  check(`${name} connects to /ws with a token`, first.connected && second.connected)
  if (generation.transports.length > 1) {
    await until(() => first.io.engine.transport.name === 'websocket', 'upgrade')
    check(`${name} is upgraded to a WebSocket`, first.connected)
  }
  for (const kind of ['orderbook', 'trades', 'ticker']) {
    const ack = await ask(first, 'subscribe', { channel: `${kind}_${SYMBOL}` })
    check(`${name} subscribe ${kind} is acknowledged`, ack?.ok === true, JSON.stringify(ack))
  }
  await until(() => first.seen.orderbook.length > 0 && first.seen.ticker.length > 0, 'snapshots')
  check(`${name} gets book and ticker at once`, first.seen.orderbook[0].symbol === SYMBOL)
  const { made, took } = await cross(two, one)
  check(`${name} orders are taken`, made.status < 300 && took.status < 300,
    JSON.stringify([made, took]))
  const has = (socket, event) => socket.seen[event].length > 0
  await until(() => ['trades', 'orders', 'position', 'account', 'balance'].every((event) => has(first, event)),
    'private events and trades').catch((error) => check(`${name} events`, false,
    `${error.message}: ${EVENTS.map((event) => event + '=' + first.seen[event].length)}`))
  for (const event of EVENTS) check(`${name} receives ${event}`, has(first, event))
  check(`${name} trades is an array`, Array.isArray(first.seen.trades[0]) && !!first.seen.trades[0][0].price)
  check(`${name} orders is an array`, Array.isArray(first.seen.orders[0]))
  await until(() => has(second, 'orders') && has(second, 'account'), 'events of the other user')
  const foreign = (socket, user) => [...socket.seen.orders.flat(), ...socket.seen.position,
    ...socket.seen.account, ...socket.seen.balance].filter((row) => row.userId !== user.id)
  check(`${name} user 1 gets only its own`, foreign(first, one).length === 0)
  check(`${name} user 2 gets only its own`, foreign(second, two).length === 0)
  check(`${name} user 2 did not subscribe`, second.seen.orderbook.length + second.seen.trades.length === 0)
  const bad = await ask(second, 'subscribe', { channel: `user_${one.id}` })
  check(`${name} may not join user_<id>`, bad.ok === false && bad.code === 'FORBIDDEN', JSON.stringify(bad))
  const unknown = await ask(second, 'subscribe', ['ticker_NOPE'])
  check(`${name} unknown symbol is said`, unknown.code === 'UNKNOWN_SYMBOL', JSON.stringify(unknown))
  const gone = await ask(first, 'unsubscribe', `orderbook_${SYMBOL}`)
  check(`${name} unsubscribes`, gone.ok === true)
  first.close()
  second.close()
}

async function checkRefusal(name, generation) {
  const socket = connect(generation, 'bad.token.here')
  const errorEvent = generation.isOld ? 'error' : 'connect_error'
  const error = await once(socket, errorEvent)
  const code = generation.isOld ? error.code : error.data?.code
  check(`${name} bad token is refused`, code === 401 && error.message === 'invalid token', JSON.stringify(error))
  await until(() => socket.io.engine.readyState === 'closed', 'end')
  check(`${name} bad token is disconnected`, !socket.connected)
  socket.close()
}

async function checkAnonymous(name, generation, nsp) {
  const socket = connect(generation, null, nsp)
  await once(socket, 'connect')
  const ack = await ask(socket, 'subscribe', `ticker_${SYMBOL}`)
  await until(() => socket.seen.ticker.length > 0, 'ticker')
  check(`${name} anonymous on ${nsp} gets public rooms`, ack.ok === true)
  socket.close()
}

const credentials = JSON.parse(await readFile(credentialsFile, 'utf8'))
const [one, two] = await Promise.all(credentials.slice(0, 2).map(login))
for (const [version, generation] of Object.entries(GENERATIONS)) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    const name = `${version} ${transport}`
    const client = { ...generation, transports }
    for (const [what, run] of Object.entries({
      trading: () => checkTrading(name, client, one, two),
      refusal: () => checkRefusal(name, client),
      '/ws': () => checkAnonymous(name, client, '/ws'),
      '/': () => checkAnonymous(name, client, '/')
    })) {
      await run().catch((error) => check(`${name} ${what}`, false, error.stack))
    }
  }
}
console.log(failures() === 0 ? 'all checks passed' : `${failures()} checks failed`)
process.exit(failures() === 0 ? 0 : 1)
