// Read requests from a file ([size: 4 bytes, little-endian][bytes], …) and print what Node's own parser
// (llhttp) makes of each: one line of "METHOD target-hex body-hex keep-alive;" per complete request.
const { HTTPParser, methods } = require('_http_common');
const data = require('fs').readFileSync(process.argv[2]);
const names = HTTPParser.methods || methods;
const lines = [];

function parse(bytes) {
  let text = '';
  let head = '';
  let body = [];
  let isKeepAlive = false;
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 1 << 20, 0);
  let url = '';
  parser[HTTPParser.kOnHeaders | 0] = (headers, part) => { url += part; };
  parser[HTTPParser.kOnHeadersComplete | 0] =
    (major, minor, headers, method, target, code, message, upgrade, keepAlive) => {
      head = names[method] + ' ' + Buffer.from(target === undefined ? url : target, 'latin1').toString('hex');
      body = [];
      url = '';
      isKeepAlive = keepAlive;
      return 0;
    };
  parser[HTTPParser.kOnBody | 0] = (part, start, size) => {
    body.push(Buffer.from(start === undefined ? part : part.subarray(start, start + size)));
  };
  parser[HTTPParser.kOnMessageComplete | 0] = () => {
    url = '';
    text += `${head} ${Buffer.concat(body).toString('hex')} ${isKeepAlive ? 1 : 0};`;
  };
  parser.execute(bytes);
  return text;
}

for (let offset = 0; offset < data.length;) {
  const size = data.readUInt32LE(offset);
  lines.push(parse(data.subarray(offset + 4, offset + 4 + size)));
  offset += 4 + size;
}
process.stdout.write(lines.join('\n') + '\n');
