// A client as traders write them: https and wss by Node's own means, the certificate by NODE_EXTRA_CA_CERTS.
// Prints one JSON object with what it got. Usage: node client.mjs PORT TOKEN
import crypto from "node:crypto";
import https from "node:https";

const [port, token] = process.argv.slice(2);
const agent = new https.Agent({ keepAlive: true, maxSockets: 1 });

function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const sent = { authorization: `Bearer ${token}`, ...headers };
    if (text !== undefined) sent["content-type"] = "application/json";
    const request = https.request({ host: "localhost", port, path, method, agent, headers: sent }, (answer) => {
      const protocol = answer.socket.getProtocol();
      let data = "";
      answer.on("data", (piece) => (data += piece));
      answer.on("end", () => resolve({ status: answer.statusCode, hsts: answer.headers["strict-transport-security"],
        body: JSON.parse(data), reused: request.reusedSocket, protocol }));
    });
    request.on("error", reject);
    request.end(text);
  });
}

// The opening packet of Engine.IO over wss: "0{…}" in a text frame.
function open() {
  return new Promise((resolve, reject) => {
    const request = https.request({ host: "localhost", port, path: "/socket.io/?EIO=4&transport=websocket", headers: {
      connection: "Upgrade", upgrade: "websocket", "sec-websocket-version": "13",
      "sec-websocket-key": crypto.randomBytes(16).toString("base64") } });
    request.on("error", reject);
    request.on("response", (answer) => reject(new Error(`no upgrade: ${answer.statusCode}`)));
    request.on("upgrade", (answer, socket, head) => {
      let data = head;
      const look = () => {
        const size = data.length < 4 ? NaN : data[1] === 126 ? data.readUInt16BE(2) + 4 : data[1] + 2;
        if (data.length >= size) {
          socket.destroy();
          resolve(data.subarray(data[1] === 126 ? 4 : 2, size).toString());
        }
      };
      socket.on("data", (piece) => { data = Buffer.concat([data, piece]); look(); });
      socket.on("error", reject);
      look();
    });
    request.end();
  });
}

const first = await call("GET", "/api/v1/account");
const order = await call("POST", "/api/v1/order?wait=result",
  { symbol: "BTCUSDT", side: "BUY", type: "LIMIT", price: "60000", quantity: "0.001" });
const packet = await open();
agent.destroy();
console.log(JSON.stringify({ first: { status: first.status, hsts: first.hsts, protocol: first.protocol },
  order: { status: order.status, state: order.body.status, reused: order.reused }, packet }));
