// The peer of bench_fanout: npm's Socket.IO server with a room of books and one of tickers. Usage: node server.mjs <interval ms>.
import { createServer } from 'node:http'
import { Server } from 'socket.io'

const LEVELS = 50
const interval = Number(process.argv[2] ?? 100)
const http = createServer()
const io = new Server(http, { transports: ['polling', 'websocket'] })
const side = (first, step) => Array.from({ length: LEVELS }, (_, level) =>
  [(first + step * level).toFixed(1), (1 + level / 1000).toFixed(3)])
const book = { symbol: 'BTCUSDT', bids: side(65000, -0.1), asks: side(65000.1, 0.1), lastUpdateId: 0, time: 0 }
const ticker = {
  symbol: 'BTCUSDT', lastPrice: '65000.0', openPrice: '64000.0', highPrice: '66000.0', lowPrice: '63000.0', priceChange: '1000.0',
  priceChangePercent: '1.56', volume: '1234.567', turnover: '80246855.0', count: 54321, markPrice: '65000.1', indexPrice: '65000.2',
  bidPrice: '65000.0', bidQty: '1.000', askPrice: '65000.1', askQty: '1.000', time: 0
}

io.of('/ws').on('connection', (socket) => {
  socket.on('subscribe', (channels, ack) => {
    socket.join(channels)
    ack({ ok: true })
  })
})
setInterval(() => {
  book.lastUpdateId++
  book.time = Date.now()
  ticker.time = book.time
  io.of('/ws').to('orderbook_BTCUSDT').emit('orderbook', book)
  io.of('/ws').to('ticker_BTCUSDT').emit('ticker', ticker)
}, interval)
http.listen(0, '127.0.0.1', () => console.log(`port ${http.address().port}`))
