// What the protocols have beyond the exchange's own events, with unmodified clients against `future conformance`.
// Usage: node matrix.mjs <url>. One line per check; exit status 1 if any failed.
import { GENERATIONS, TRANSPORTS, check, failures, once, ask, until } from './kit.mjs'

const [url] = process.argv.slice(2)
const TEXT = 'gr\u00fc\u00df \u20ac \ud83d\ude00'
const BYTES = Buffer.from([0, 1, 2, 3, 250, 255])
const HEARTBEATS = 3

function connect({ io, options, transports }, nsp, extra = {}) {
  const socket = io(url + nsp, { transports, forceNew: true, reconnection: false, ...options('t'), ...extra })
  socket.gone = new Promise((resolve) => socket.once('disconnect', resolve))
  return socket
}

async function checkMessages(name, client) {
  const one = connect(client, '/custom')
  const two = connect(client, '/custom')
  const auth = once(one, 'auth')
  await Promise.all([once(one, 'connect'), once(two, 'connect')])
  const given = await auth
  check(`${name} the server knows what CONNECT brought`, client.isOld ? !given.token : given.token === 't', JSON.stringify(given))
  check(`${name} ack with text beyond ASCII`, await ask(one, 'message-with-ack', TEXT) === TEXT)
  const heard = [once(one, 'all'), once(two, 'all')]
  one.emit('all', TEXT)
  check(`${name} broadcast reaches both`, (await Promise.all(heard)).every((text) => text === TEXT))
  const bytes = await ask(one, 'message-with-ack', BYTES)
  check(`${name} ack with bytes`, BYTES.equals(Buffer.from(bytes)))
  const back = once(one, 'message-back')
  one.emit('message', { first: BYTES, second: [TEXT, BYTES] })
  const { first, second } = await back
  check(`${name} event with two attachments`, BYTES.equals(Buffer.from(first)) && BYTES.equals(Buffer.from(second[1])) && second[0] === TEXT)
  one.on('question', (text, answer) => answer('yes ' + text))
  const answered = once(one, 'answer')
  one.emit('ask', TEXT)
  check(`${name} the server asks and is answered`, await answered === 'yes ' + TEXT)
  let beats = 0
  one.io.engine.on('packet', ({ type }) => { beats += type === (client.isOld ? 'pong' : 'ping') ? 1 : 0 })
  await until(() => beats >= HEARTBEATS, 'heartbeats')
  check(`${name} three heartbeats`, one.connected && two.connected)
  one.emit('kick')
  check(`${name} kick of a namespace`, await one.gone === 'io server disconnect' && two.connected)
  one.close()
  two.close()
}

async function checkKickAll(name, client) {
  const root = connect(client, '/')
  await once(root, 'connect')
  const custom = root.io.socket('/custom', client.isOld ? { query: 'token=t' } : { auth: { token: 't' } })
  custom.gone = new Promise((resolve) => custom.once('disconnect', resolve))
  if (!custom.connected) await once(custom, 'connect')
  custom.emit('kick-all')
  const reasons = await Promise.all([root.gone, custom.gone])
  check(`${name} kick of all namespaces`, reasons.every((reason) => reason === 'io server disconnect'), reasons.join())
  root.close()
}

async function checkEnds(name, client) {
  const large = connect(client, '/')
  await once(large, 'connect')
  large.emit('message', 'x'.repeat(1000001))
  const why = await large.gone
  check(`${name} a message above maxPayload ends the connection`, ['transport close', 'transport error'].includes(why), why)
  const many = connect(client, '/')
  await once(many, 'connect')
  many.emit('message', ...Array.from({ length: 11 }, () => BYTES))
  check(`${name} eleven attachments end the connection`, (await many.gone).startsWith('transport'))
  const lost = connect(client, '/', { reconnection: true, reconnectionDelay: 10 })
  await once(lost, 'connect')
  const again = new Promise((resolve) => lost.once('disconnect', () => resolve(once(lost, 'connect'))))
  lost.emit('drop')
  await again
  check(`${name} reconnects after the server dropped it`, await ask(lost, 'message-with-ack', 1) === 1)
  lost.close()
  const nowhere = connect(client, '/nowhere')
  const error = await once(nowhere, client.isOld ? 'error' : 'connect_error')
  check(`${name} unknown namespace is said`, (client.isOld ? error : error.message) === 'Invalid namespace', String(error))
  nowhere.close()
}

for (const [version, generation] of Object.entries(GENERATIONS)) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    const name = `${version} ${transport}`
    const client = { ...generation, transports }
    for (const [what, run] of Object.entries({ messages: checkMessages, 'kick-all': checkKickAll, ends: checkEnds })) {
      await run(name, client).catch((error) => check(`${name} ${what}`, false, error.stack))
    }
  }
}
console.log(failures() === 0 ? 'all checks passed' : `${failures()} checks failed`)
process.exit(failures() === 0 ? 0 : 1)
