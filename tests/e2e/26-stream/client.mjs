// A reference client of the plain stream (docs/protocol/stream.md), of Node's own modules only: a
// WebSocket, order books by snapshot and deltas, and the private topics with resume after a cut.
import { createHash, createHmac, randomBytes } from 'node:crypto'
import { connect } from 'node:net'

const TEXT = 1, CLOSE = 8, PING = 9, PONG = 10

// The least of a WebSocket client: whole text messages out, whole text messages in.
class Socket {
  constructor(url, { token } = {}) {
    const { hostname, port, host } = new URL(url)
    const key = randomBytes(16).toString('base64')
    this.accept = createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64')
    this.bytes = Buffer.alloc(0)
    this.isOpen = false
    this.isCut = false
    this.code = 1006
    this.onOpen = this.onText = this.onEnd = () => {}
    this.tcp = connect({ host: hostname, port: Number(port), noDelay: true })
    this.tcp.on('connect', () => this.tcp.write(
      `GET /ws/stream HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n` +
      (token ? `Authorization: Bearer ${token}\r\n` : '') + '\r\n'))
    this.tcp.on('data', (bytes) => this.feed(bytes))
    this.tcp.on('error', () => {})
    this.tcp.on('close', () => this.onEnd(this.code))
  }

  feed(bytes) {
    if (this.isCut) return
    this.bytes = this.bytes.length ? Buffer.concat([this.bytes, bytes]) : bytes
    if (!this.isOpen && !this.readHead()) return
    while (this.readFrame());
  }

  readHead() {
    const end = this.bytes.indexOf('\r\n\r\n')
    if (end < 0) return false
    const head = this.bytes.subarray(0, end).toString()
    this.bytes = this.bytes.subarray(end + 4)
    if (!head.startsWith('HTTP/1.1 101') || !head.includes(this.accept)) {
      this.head = head
      this.tcp.destroy()
      return false
    }
    this.isOpen = true
    this.onOpen()
    return true
  }

  readFrame() {
    if (this.bytes.length < 2 || this.isCut) return false
    let size = this.bytes[1] & 127, start = 2
    if (size === 126) {
      if (this.bytes.length < 4) return false
      size = this.bytes.readUInt16BE(2), start = 4
    } else if (size === 127) {
      if (this.bytes.length < 10) return false
      size = Number(this.bytes.readBigUInt64BE(2)), start = 10
    }
    if (this.bytes.length < start + size) return false
    const opcode = this.bytes[0] & 15
    const payload = this.bytes.subarray(start, start + size)
    this.bytes = this.bytes.subarray(start + size)
    if (opcode === TEXT) this.onText(payload.toString())
    else if (opcode === PING) this.write(PONG, payload)
    else if (opcode === CLOSE) {
      this.code = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.write(CLOSE, payload)
      this.tcp.end()
    }
    return true
  }

  write(opcode, payload) {
    if (this.isCut || this.tcp.destroyed) return
    const mask = randomBytes(4)
    const head = payload.length < 126
      ? Buffer.from([0x80 | opcode, 0x80 | payload.length])
      : Buffer.from([0x80 | opcode, 0x80 | 126, payload.length >> 8, payload.length & 255])
    const masked = Buffer.from(payload.map((byte, index) => byte ^ mask[index & 3]))
    this.tcp.write(Buffer.concat([head, mask, masked]))
  }

  send(value) { this.write(TEXT, Buffer.from(JSON.stringify(value))) }

  // As a broken line does it: what was not read yet is lost.
  cut() {
    this.isCut = true
    this.tcp.destroy()
  }
}

// One side is a map of price to quantity, both as decimal texts.
class Book {
  constructor() { this.seq = -1, this.b = new Map(), this.a = new Map() }

  // False: a message is missing; subscribe again.
  take({ prevSeq, seq, data }) {
    if (prevSeq === -1) this.b.clear(), this.a.clear()
    else if (prevSeq !== this.seq) return false
    this.seq = seq
    for (const side of ['b', 'a']) {
      for (const [price, quantity] of data[side]) {
        if (quantity === '0') this[side].delete(price)
        else this[side].set(price, quantity)
      }
    }
    return true
  }

  levels(side) {
    const sign = side === 'b' ? -1 : 1
    return [...this[side]].sort((left, right) => sign * (Number(left[0]) - Number(right[0])))
  }
}

const PRIVATE = ['order', 'execution', 'position', 'wallet']
const ENDED = ['FILLED', 'CANCELED', 'EXPIRED', 'REJECTED']

export class Stream {
  constructor(url, { token, topics = [], isPrivate = false } = {}) {
    Object.assign(this, { url, token, topics, isPrivate })
    this.books = new Map()       // topic -> Book
    this.order = new Map()       // open orders by id
    this.position = new Map()
    this.wallet = new Map()
    this.execution = []          // in the order in which they came
    this.last = {}               // private topic -> seq
    this.epoch = null            // with `seq`: where to go on after a cut
    this.seq = 0
    this.counts = { resumed: 0, begun: 0, gaps: 0, twice: 0, snapshots: 0, deltas: 0 }
    this.onMessage = () => {}
    this.shutdown = null
    this.lastId = 1
    this.waiting = new Map()     // id -> who waits for the answer
  }

  // Ask for something; resolves with the answer.
  ask(op, ...args) {
    const id = ++this.lastId
    this.socket.send({ id, op, args })
    return new Promise((resolve) => this.waiting.set(id, resolve))
  }

  // With an API key instead of a token.
  signIn({ apiKey, secret }, ms = 5000) {
    const expires = Date.now() + ms
    return this.ask('auth', apiKey, expires, createHmac('sha256', secret).update('GET/realtime' + expires).digest('hex'))
  }

  // Resolves when the answer to `subscribe` is here, or the connection has ended before that.
  connect() {
    return new Promise((resolve) => {
      const socket = new Socket(this.url, { token: this.token })
      this.socket = socket
      this.ended = new Promise((end) => {
        socket.onEnd = (code) => { end(code); resolve(false) }
      })
      socket.onOpen = () => this.topics.length + this.isPrivate === 0 ? resolve(true) : socket.send({
        id: 1, op: 'subscribe', args: [...(this.isPrivate ? PRIVATE : []), ...this.topics],
        ...(this.epoch ? { resume: { epoch: this.epoch, seq: this.seq } } : {})
      })
      socket.onText = (text) => this.take(JSON.parse(text), resolve)
    })
  }

  take(message, resolve) {
    if (message.topic === undefined) {
      if (this.waiting.has(message.id)) {
        this.waiting.get(message.id)(message)
        this.waiting.delete(message.id)
      } else if (message.op === 'subscribe') {
        this.answer = message
        if (message.success && this.isPrivate) this.begin(message.resumed)
        resolve(message.success)
      } else if (message.op === 'shutdown') this.shutdown = message.reconnectInMs
    } else if (PRIVATE.includes(message.topic)) this.takePrivate(message)
    else if (message.topic.startsWith('orderbook.')) this.takeBook(message)
    this.onMessage(message)
  }

  takeBook(message) {
    if (!this.books.has(message.topic)) this.books.set(message.topic, new Book())
    this.counts[message.prevSeq === -1 ? 'snapshots' : 'deltas']++
    if (!this.books.get(message.topic).take(message)) {
      this.counts.gaps++
      this.socket.send({ op: 'subscribe', args: [message.topic] })
    }
  }

  begin(isResumed) {
    this.counts[isResumed ? 'resumed' : 'begun']++
    if (isResumed) return
    this.epoch = null
    this.seq = 0
    this.last = {}
  }

  takePrivate({ topic, seq, prevSeq, data, part, epoch }) {
    if (prevSeq === -1) {
      if (part === 1) this[topic].clear?.()
    } else {
      if (prevSeq !== this.last[topic]) this.counts.gaps++
      if (seq <= this.seq) this.counts.twice++
    }
    this.last[topic] = seq
    this.seq = Math.max(this.seq, seq)
    this.epoch = epoch ?? this.epoch
    for (const row of data) {
      if (topic === 'execution') this.execution.push(row)
      else if (topic === 'order' && ENDED.includes(row.status)) this.order.delete(row.id)
      else this[topic].set(row.id, row)
    }
  }

  cut() { this.socket.cut() }
}
