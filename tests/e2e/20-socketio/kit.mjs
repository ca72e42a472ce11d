// What the scripts of this journey share: the clients of three generations, their transports, checks that are counted.
import { io as io4 } from 'sio4'
import sio3 from 'sio3'
import sio2 from 'sio2'

const TIMEOUT_MS = 60000
let failed = 0

export const failures = () => failed

export function check(name, isGood, detail = '') {
  if (!isGood) failed++
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name}${isGood || !detail ? '' : ': ' + detail}`)
  return isGood
}

export const GENERATIONS = {
  '2.x': { isOld: true, io: sio2, options: (token) => ({ query: token ? { token } : {} }) },
  '3.x': { isOld: false, io: sio3.io ?? sio3, options: (token) => ({ auth: token ? { token } : {} }) },
  '4.x': { isOld: false, io: io4, options: (token) => ({ auth: token ? { token } : {} }) }
}

export const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] }

export function within(promise, what) {
  let timer
  const timeout = new Promise((resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`no ${what} in time`)), TIMEOUT_MS)
  })
  return Promise.race([promise, timeout]).finally(() => clearTimeout(timer))
}

export const once = (socket, event) => within(new Promise((resolve) => socket.once(event, resolve)), event)

export const ask = (socket, event, data) =>
  within(new Promise((resolve) => socket.emit(event, data, resolve)), `ack of ${event}`)

export async function until(isTrue, what) {
  const end = Date.now() + TIMEOUT_MS
  while (!isTrue()) {
    if (Date.now() > end) throw new Error(`no ${what} in time`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
