// The Node clients of a journey: kafkajs, ioredis, mysql2, socket.io-client 2.5, and a gateway of Node's own with socket.io-redis 5.4.
// One JSON command per line on stdin, one answer per line on stdout: {"id":1,"op":"sql",…} → {"id":1,"value":…} or {"id":1,"error":"…"}.
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createInterface } from 'node:readline'
const require = createRequire(import.meta.url)
const { Kafka, logLevel } = require('kafkajs')
const Redis = require('ioredis')
const mysql = require('mysql2/promise')
const io = require('socket.io-client')
const ioServer = require('socket.io')
const ioRedis = require('socket.io-redis')

const { KAFKA_BROKERS, REDIS_PORT, REDIS_PASSWORD, DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD, DB_DATABASE } = process.env
const kafka = new Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: logLevel.NOTHING, retry: { initialRetryTime: 100, retries: 20 } })
const producer = kafka.producer({ allowAutoTopicCreation: false })
const redis = new Redis({ port: Number(REDIS_PORT), password: REDIS_PASSWORD, retryStrategy: () => 200, maxRetriesPerRequest: null })
redis.on('error', () => {})
const pool = mysql.createPool({
  host: DB_HOST, port: Number(DB_PORT), user: DB_USERNAME, password: DB_PASSWORD, database: DB_DATABASE,
  connectionLimit: 2, supportBigNumbers: true, bigNumberStrings: true, timezone: 'Z',
})

const seen = {} // topic: [{partition, offset, key, value}]
const sockets = {} // name: {socket, events: [[name, argument]]}
let gateway

async function watch(topics) {
  const consumer = kafka.consumer({ groupId: 'journey-' + process.pid + '-' + Math.random(), sessionTimeout: 30000 })
  await consumer.connect()
  for (const topic of topics) {
    seen[topic] = []
    await consumer.subscribe({ topic, fromBeginning: true })
  }
  await consumer.run({
    eachMessage: async ({ topic, partition, message }) => {
      seen[topic].push({ partition, offset: message.offset, key: message.key?.toString(), value: JSON.parse(message.value.toString()) })
    },
  })
}

function open(name, url, token) {
  return new Promise((done, fail) => {
    const socket = io(url + '/ws', { query: { token }, transports: ['websocket'], forceNew: true, reconnectionDelay: 200 })
    const entry = { socket, events: [] }
    sockets[name] = entry
    for (const event of ['account', 'position', 'orders', 'orderbook', 'ticker', 'trades', 'notifications']) socket.on(event, (argument) => entry.events.push([event, argument]))
    socket.on('connect', () => done(true))
    socket.on('error', fail)
  })
}

// A gateway of the original's kind: it knows nothing of this exchange but its rooms in Redis.
function openGateway() {
  return new Promise((done) => {
    const http = createServer()
    const server = ioServer(http)
    const client = () => new Redis({ port: Number(REDIS_PORT), password: REDIS_PASSWORD, retryStrategy: () => 200, maxRetriesPerRequest: null })
    server.adapter(ioRedis({ pubClient: client(), subClient: client() }))
    for (const name of ['/', '/ws']) server.of(name).adapter.on('error', () => {}) // a server that is away comes back
    server.of('/ws').on('connection', (socket) => socket.join(socket.handshake.query.token.split(',')))
    http.listen(0, '127.0.0.1', () => {
      gateway = { http, server }
      done(http.address().port)
    })
  })
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms))

// Another writer of the same tables, as a report or a person at a console is. It takes the rows in any order, which makes deadlocks with whoever
// takes them in another; what it did before is so much that the server gives up the other one. All is rolled back. Ends after `turns` of `ms`.
async function rival({ ids, turns, ms }) {
  const connection = await pool.getConnection()
  let lost = 0
  for (let turn = 0; turn < turns; turn++) {
    try {
      await connection.query('START TRANSACTION')
      await connection.query('INSERT INTO rival SELECT seq FROM seq_1_to_3000')
      for (const id of turn % 2 ? ids : [...ids].reverse()) {
        await connection.query('SELECT balance FROM accounts WHERE id = ? FOR UPDATE', [id])
        await pause(ms)
      }
    } catch (error) {
      if (error.errno !== 1213) throw error
      lost++
    } finally {
      await connection.query('ROLLBACK')
    }
  }
  connection.release()
  return lost
}

const admin = kafka.admin()
async function partition(topic) {
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  return { leader: topics[0].partitions[0].leader, inSync: topics[0].partitions[0].isr.length }
}

// Every partition there is, the servers' own among them: who leads it, and how many of its brokers have all of it.
async function partitions() {
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata()
  return topics.flatMap(({ name, partitions }) => partitions.map(({ partitionId, leader, isr, replicas }) => (
    { topic: name, partition: partitionId, leader, inSync: isr.length, replicas: replicas.length })))
}

// Every group there is: its members, and how far behind the end of a topic's first partition it is.
async function groups(topic) {
  await admin.connect()
  const [{ high }] = (await admin.fetchTopicOffsets(topic)).filter((one) => one.partition === 0)
  const { groups: listed } = await admin.listGroups()
  const found = {}
  for (const { groupId } of listed) {
    const [{ members }] = (await admin.describeGroups([groupId])).groups
    const [{ offset }] = (await admin.fetchOffsets({ groupId, topic })).filter((one) => one.partition === 0)
    found[groupId] = { members: members.length, lag: Number(offset) < 0 ? null : Number(high) - Number(offset) }
  }
  return found
}

const operations = {
  rival,
  groups: ({ topic }) => groups(topic),
  partitions,
  partition: ({ topic }) => partition(topic),
  // A topic with all that is in it goes, as by an operator's slip.
  remove: async ({ topic }) => { await admin.connect(); await admin.deleteTopics({ topics: [topic] }) },
  watch: ({ topics }) => watch(topics),
  sql: async ({ text, values }) => (await pool.query(text, values ?? []))[0],
  redis: ({ args }) => redis.call ? redis.call(...args) : redis.send_command(args[0], args.slice(1)),
  produce: ({ topic, messages }) => producer.send({
    topic, acks: -1, messages: messages.map(({ key, partition, value }) => ({ key: key === undefined ? null : String(key), partition, value: typeof value === 'string' ? value : JSON.stringify(value) })),
  }),
  // All or nothing, by a producer of its own; it leaves marks in the log that are no records.
  transaction: async ({ topic, values, abort }) => {
    const own = kafka.producer({ transactionalId: 'journey-' + Math.random(), maxInFlightRequests: 1, idempotent: true })
    await own.connect()
    const transaction = await own.transaction()
    await transaction.send({ topic, messages: values.map((value) => ({ partition: 0, value: JSON.stringify(value) })) })
    await (abort ? transaction.abort() : transaction.commit())
    await own.disconnect()
  },
  socket: ({ name, url, token }) => open(name, url, token),
  events: ({ name }) => sockets[name].events,
  // What a gateway of Node's own emits, as its sockets' `broadcast` and its servers' `emit` do.
  emit: ({ rooms, except, argument }) => gateway.server.of('/ws').adapter.broadcast(
    { type: 2, data: ['notifications', argument], nsp: '/ws' }, { rooms, except, flags: {} }),
  id: ({ name }) => sockets[name].socket.id,
  connected: ({ name }) => sockets[name].socket.connected,
  gateway: () => openGateway(),
  count: ({ topic }) => seen[topic].length,
  seen: ({ topic, from }) => seen[topic].slice(from ?? 0),
  end: async () => {
    for (const { socket } of Object.values(sockets)) socket.close()
    setTimeout(() => process.exit(0), 100)
  },
}

await producer.connect()
const answer = (object) => process.stdout.write(JSON.stringify(object) + '\n')
createInterface({ input: process.stdin }).on('line', async (line) => {
  const command = JSON.parse(line)
  try {
    answer({ id: command.id, value: (await operations[command.op](command)) ?? null })
  } catch (error) {
    answer({ id: command.id, error: String(error?.message ?? error) })
  }
}).on('close', () => process.exit(0))
answer({ id: 0, value: 'ready' })
