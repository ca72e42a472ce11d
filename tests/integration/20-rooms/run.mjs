// Alice and a stranger listen by socket.io-client 2.5; a Node emitter publishes to rooms through Redis. Lines: `ok …`, `FAIL …`.
import { createRequire } from 'node:module'
const require = createRequire(import.meta.url)
const io = require('socket.io-client')
const emitter = require('socket.io-emitter')
const redis = require('redis')

const [url, token, user, port, password] = process.argv.slice(2)
const check = (good, what, detail = '') => console.log(`${good ? 'ok' : 'FAIL'}   ${what}${good ? '' : ': ' + JSON.stringify(detail)}`)
const wait = (ms) => new Promise((done) => setTimeout(done, ms))
const open = (query) => new Promise((done, fail) => {
  const socket = io(url + '/ws', { query, transports: ['websocket'], reconnection: false, forceNew: true })
  socket.seen = []
  for (const name of ['balance', 'orderbook', 'notifications']) socket.on(name, (...args) => socket.seen.push([name, ...args]))
  socket.on('connect', () => done(socket))
  socket.on('error', fail)
  socket.on('connect_error', fail)
})
const subscribe = (socket, channel) => new Promise((done) => socket.emit('subscribe', { channel }, done))
const until = async (holds) => {
  for (let turn = 0; turn < 1200 && !holds(); turn++) await wait(50)
  return holds()
}

const alice = await open({ token })
const stranger = await open({})
await subscribe(alice, 'orderbook_BTCUSDT')
await subscribe(stranger, 'orderbook_BTCUSDT')
const client = redis.createClient({ host: '127.0.0.1', port: Number(port), auth_pass: password, return_buffers: true })
const far = emitter(client)
// What is emitted before the gateway listens to Redis is nobody's: the first word that arrives says that it does.
let turn = 0
const knocking = setInterval(() => far.of('/ws').to('orderbook_BTCUSDT').emit('notifications', 'knock ' + ++turn), 100)
await until(() => [alice, stranger].every(({ seen }) => seen.some(([name]) => name === 'notifications')))
clearInterval(knocking)
far.of('/ws').to('orderbook_BTCUSDT').emit('notifications', 'over')
await until(() => [alice, stranger].every(({ seen }) => seen.some(([, argument]) => argument === 'over')))
alice.seen.length = stranger.seen.length = 0

const note = { asset: 'USDT', balance: '99975.5', text: 'é€😀 "quoted"', count: 1700000000000, list: [1, -2, null, true] }
far.of('/ws').to('user_' + user).emit('balance', note)
check(await until(() => alice.seen.some(([name]) => name === 'balance')), 'an emitter reaches the room of a user', alice.seen)
check(JSON.stringify(alice.seen.find(([name]) => name === 'balance')?.[1]) === JSON.stringify(note), 'with the same argument', alice.seen)

far.of('/ws').to('orderbook_BTCUSDT').emit('notifications', 'to all of the room')
check(await until(() => stranger.seen.some(([name]) => name === 'notifications') && alice.seen.some(([name]) => name === 'notifications')),
  'and everybody in a public room', stranger.seen)
check(!stranger.seen.some(([name]) => name === 'balance'), 'nobody else sees what is for one user', stranger.seen)

far.of('/ws').to('user_999999').emit('balance', { no: 'body' })
far.of('/other').to('user_' + user).emit('balance', { other: 'namespace' })
far.of('/ws').to('user_' + user).emit('balance', Buffer.from([1, 2, 3]))
client.publish('socket.io#/ws#user_' + user + '#', Buffer.from('not msgpack'))
client.publish('socket.io#/ws#user_' + user + '#', Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]))
far.of('/ws').to('user_' + user).emit('balance', 'the last')
check(await until(() => alice.seen.some(([, argument]) => argument === 'the last')), 'what is malformed or not for us changes nothing', alice.seen)
check(alice.seen.filter(([name]) => name === 'balance').length === 2, 'and is not delivered', alice.seen)

let count = 0
alice.on('notifications', () => { count++ })
for (let index = 0; index < 2000; index++) far.of('/ws').to('user_' + user).emit('notifications', index)
check(await until(() => count === 2000), '2,000 in a row arrive', count)
alice.close()
stranger.close()
client.quit()
