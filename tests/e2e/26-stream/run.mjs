// The plain stream against a running exchange, with the reference client: books equal REST, and a
// client that is cut off again and again under load has every private message exactly once.
// Usage: node run.mjs <baseUrl> <demo-credentials.json> <cuts>. One line per check. When it prints
// `restart` or `stop` it waits for a line on its input: the new base URL, or any.
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Stream } from './client.mjs'

let [baseUrl, credentialsFile, cutCount] = process.argv.slice(2)
const SYMBOL = 'BTCUSDT'
const TIMEOUT_MS = 60000
const BOOKS = ['orderbook.1.BTCUSDT', 'orderbook.50.BTCUSDT', 'orderbook.200.BTCUSDT.10']
let failures = 0

function check(name, isGood, detail = '') {
  if (!isGood) failures++
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name}${isGood || !detail ? '' : ': ' + detail}`)
  return isGood
}

const same = (name, got, wanted) =>
  check(name, JSON.stringify(got) === JSON.stringify(wanted), `got ${JSON.stringify(got).slice(0, 500)}, wanted ${JSON.stringify(wanted).slice(0, 500)}`)

async function rest(method, path, { token, body } = {}) {
  const headers = { 'content-type': 'application/json' }
  if (token) headers.authorization = `Bearer ${token}`
  const response = await fetch(baseUrl + '/api/v1' + path, {
    method, headers, body: body === undefined ? undefined : JSON.stringify(body)
  })
  const text = await response.text()
  return { status: response.status, json: text ? JSON.parse(text) : null }
}

async function all(path, token) {
  const rows = []
  for (let cursor = ''; cursor !== undefined;) {
    const { json } = await rest('GET', `${path}?limit=500${cursor && '&cursor=' + cursor}`, { token })
    rows.push(...json.data)
    cursor = json.nextCursor
  }
  return rows
}

async function login({ email, password }) {
  const { status, json } = await rest('POST', '/auth/login', { body: { email, password } })
  if (status >= 300) throw new Error(`login of ${email}: ${status}`)
  return json.accessToken
}

async function until(what, test) {
  const end = Date.now() + TIMEOUT_MS
  while (Date.now() < end) {
    if (await test()) return true
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return check(what, false, 'never came true')
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
async function tell(word) {
  console.log(word)
  return (await lines.next()).value
}

// ---- load: two traders against each other, with cancels ----------------------------------------
let seed = 7
const below = (count) => {
  seed = (seed * 48271) % 2147483647
  return seed % count
}
let isLoading = true

async function load(tokens) {
  const open = []
  while (isLoading) {
    const token = tokens[below(2)]
    const price = String(65000 + below(41) - 20)
    if (open.length > 40 || (open.length > 0 && below(4) === 0)) {
      const { id, owner } = open.splice(below(open.length), 1)[0]
      await rest('DELETE', `/order/${id}`, { token: owner })
      continue
    }
    const isMarket = below(8) === 0
    const { json } = await rest('POST', '/order?wait=result', {
      token, body: {
        symbol: SYMBOL, side: below(2) ? 'BUY' : 'SELL', type: isMarket ? 'MARKET' : 'LIMIT',
        quantity: String((1 + below(9)) / 1000), ...(isMarket ? {} : { price })
      }
    })
    if (json?.status === 'ACTIVE') open.push({ id: json.id, owner: token })
  }
}

// ---- what REST says -----------------------------------------------------------------------------
const ids = (rows) => [...rows].map((row) => row.id).sort((left, right) => left - right)

async function compare(stream, token, when) {
  const orders = await all('/order/open', token)
  await until(`${when}: the stream catches up`, () => stream.order.size === orders.length)
  same(`${when}: open orders equal REST`, ids(stream.order.values()), ids(orders))
  same(`${when}: their remaining quantities too`,
    orders.map(({ id }) => stream.order.get(id)?.remaining), orders.map(({ remaining }) => remaining))
  const { json: accounts } = await rest('GET', '/account', { token })
  same(`${when}: balances equal REST`,
    (accounts.data ?? accounts).map(({ id, balance }) => [id, balance]).sort(),
    [...stream.wallet.values()].map(({ id, balance }) => [id, balance]).sort())
  const { json: positions } = await rest('GET', '/positions', { token })
  for (const position of positions.data) {
    same(`${when}: the position of ${position.symbol} equals REST`,
      stream.position.get(position.id)?.currentQty, position.currentQty)
  }
}

const isSame = (left, right) => JSON.stringify(left) === JSON.stringify(right)
const shown = (topic) => ['b', 'a'].map((side) => steady.books.get(topic).levels(side).slice(0, 20))
const asked = ({ bids, asks }) => [bids.slice(0, 20), asks.slice(0, 20)]

// ---- the journey --------------------------------------------------------------------------------
const traders = JSON.parse(await readFile(credentialsFile, 'utf8'))
const tokens = [await login(traders[0]), await login(traders[1])]
const own = new Stream(baseUrl, { token: tokens[0], isPrivate: true })
const steady = new Stream(baseUrl, { token: tokens[0], isPrivate: true, topics: BOOKS })
const publicOnly = new Stream(baseUrl, { topics: ['trades.BTCUSDT', 'ticker.BTCUSDT', 'kline.1m.BTCUSDT'] })
const seen = { 'trades.BTCUSDT': [], 'ticker.BTCUSDT': [], 'kline.1m.BTCUSDT': [] }
publicOnly.onMessage = (message) => seen[message.topic]?.push(message)
check('a stream with private topics and books opens', await steady.connect())
check('a stream without a token opens', await publicOnly.connect())
check('a stream that will be cut off opens', await own.connect())
await until('it has its state', () => own.epoch !== null)

const loading = Promise.all([load(tokens), load(tokens)])
let cuts = 0
while (cuts < Number(cutCount)) {
  await new Promise((resolve) => setTimeout(resolve, below(25)))
  own.cut()
  cuts++
  if (below(3) === 0) await new Promise((resolve) => setTimeout(resolve, below(60)))
  await own.connect()
}
isLoading = false
await loading
check(`cut off ${cuts} times, it never had to begin anew`, own.counts.begun === 1 && own.counts.resumed >= cuts * 0.9, JSON.stringify(own.counts))
check('no private message is missing or comes twice', own.counts.gaps === 0 && own.counts.twice === 0, JSON.stringify(own.counts))
await compare(own, tokens[0], 'after the cuts')
let fills = [] // the table is written a moment after the stream has told it
await until('all executions are here and in the table', async () => {
  fills = await all('/trade', tokens[0])
  return own.execution.length === fills.length && steady.execution.length === fills.length
})
same('each execution came exactly once, in order', own.execution.map(({ id }) => id), ids(fills))
check('there were enough of them', fills.length > 20, String(fills.length))
same('a connection that was never cut says the same', steady.execution.map(({ id }) => id), ids(fills))

await until('the books are told', async () => { // a tick of theirs later
  const { json } = await rest('GET', `/orderbook/${SYMBOL}?limit=50`)
  const { json: rough } = await rest('GET', `/orderbook/group-orderbook/${SYMBOL}?limit=50&tickSize=10`)
  const first = steady.books.get(BOOKS[0]).levels('b')[0] ?? null
  return isSame(shown(BOOKS[1]), asked(json)) && isSame(shown(BOOKS[2]), asked(rough)) && isSame(first, json.bids[0] ?? null)
})
const { json: book } = await rest('GET', `/orderbook/${SYMBOL}?limit=50`)
same(`${BOOKS[1]} equals REST`, shown(BOOKS[1]), asked(book))
const { json: grouped } = await rest('GET', `/orderbook/group-orderbook/${SYMBOL}?limit=50&tickSize=10`)
same(`${BOOKS[2]} equals REST`, shown(BOOKS[2]), asked(grouped))
same('the best level is the first of the book', steady.books.get(BOOKS[0]).levels('b')[0] ?? null, book.bids[0] ?? null)
check('books were told by differences, without a gap', steady.counts.deltas > 20 && steady.counts.gaps === 0 && steady.counts.snapshots === BOOKS.length, JSON.stringify(steady.counts))
for (const [topic, messages] of Object.entries(seen)) {
  const isChained = messages.every(({ prevSeq }, index) => index === 0 ? prevSeq === -1 : prevSeq === messages[index - 1].seq)
  check(`${topic} is a chain`, isChained && messages.length > 3, String(messages.length))
}

// ---- orders over the stream, with an API key; and what happens when it is cut -------------------
const { json: tradeKey } = await rest('POST', '/api-keys', { token: tokens[0], body: { label: 'stream', scopes: ['READ', 'TRADE'] } })
const { json: readKey } = await rest('POST', '/api-keys', { token: tokens[0], body: { label: 'reader', scopes: ['READ'] } })
const bot = new Stream(baseUrl)
await bot.connect()
const wrong = await bot.signIn({ apiKey: tradeKey.apiKey, secret: tradeKey.secret + 'x' })
check('a wrong signature is refused', wrong.success === false && wrong.code === 'BAD_SIGNATURE', JSON.stringify(wrong))
const late = await bot.signIn(tradeKey, -1)
check('a signature that is over is refused', late.code === 'TIMESTAMP_OUT_OF_WINDOW', JSON.stringify(late))
check('an API key signs in', (await bot.signIn(tradeKey)).success === true)
const quote = (more) => ({ symbol: SYMBOL, side: 'BUY', type: 'LIMIT', quantity: '0.001', price: '64000', ...more })
const placed = await bot.ask('order.create', quote({ clientOrderId: 'stream-1' }))
check('order.create gives the engine\'s order', placed.success && placed.data.status === 'ACTIVE', JSON.stringify(placed))
const amended = await bot.ask('order.amend', { id: placed.data.id, price: '63999' })
check('order.amend changes it', amended.success && amended.data.price === '63999', JSON.stringify(amended))
const cancelled = await bot.ask('order.cancel', { clientOrderId: 'stream-1', symbol: SYMBOL })
check('order.cancel ends it', cancelled.success && cancelled.data.status === 'CANCELED', JSON.stringify(cancelled))
const bad = await bot.ask('order.create', quote({ price: '64000.123456' }))
check('a bad order has the code that REST gives', bad.success === false && bad.code === 'PRICE_FILTER' && bad.error.field === 'price', JSON.stringify(bad))
const many = await Promise.all(Array.from({ length: 100 }, (_, index) => bot.ask('order.create', quote({ price: String(63000 + index) }))))
check('a hundred orders at once are each answered', many.every(({ success, data }, index) => success && data.price === String(63000 + index)))
const reader = new Stream(baseUrl)
await reader.connect()
await reader.signIn(readKey)
const denied = await reader.ask('order.create', quote())
check('a key without the right is refused', denied.code === 'FORBIDDEN', JSON.stringify(denied))
check('cancel_on_disconnect is accepted', (await bot.ask('cancel_on_disconnect', 1000)).success === true)
bot.cut()
await until('cut off, its orders end', () => many.every(({ data }) => !own.order.has(data.id)))
check('cut off, its orders were cancelled', (await all('/order/open', tokens[0])).length === 0)
const { json: keys } = await rest('GET', '/api-keys', { token: tokens[0] })
await rest('DELETE', `/api-keys/${keys.data.find(({ apiKey }) => apiKey === readKey.apiKey).id}`, { token: tokens[0] })
check('a revoked key ends its stream', (await reader.ended) === 1008)

own.cut()
baseUrl = await tell('restart')
own.url = baseUrl
check('after a crash of the server it connects', await own.connect())
await until('the new state is here', () => own.epoch !== null)
check('it is told to begin anew', own.counts.begun === 2, JSON.stringify(own.counts))
await compare(own, tokens[0], 'after the crash')

const stopped = tell('stop')
check('before a stop it is told when to come back, and closed with 1012', (await own.ended) === 1012 && own.shutdown >= 1000, `${own.shutdown}`)
await stopped
process.exit(failures ? 1 : 0)
