'use strict';
const http = require('node:http');
const { WebSocketServer } = require('ws');

const index = process.env.CF_INSTANCE_INDEX || '0';

const server = http.createServer((request, response) => {
  response.setHeader('Content-Type', 'text/plain; charset=utf-8');
  if (request.url.startsWith('/env')) {
    const name = new URLSearchParams(request.url.split('?')[1]).get('name') || 'GREETING';
    response.end(`${process.env[name] || ''}\n`);
    return;
  }
  console.log(`${request.method} ${request.url}`);
  response.end(`${process.env.GREETING || 'hello'} from node ${process.version}, instance ${index}\n`);
});

new WebSocketServer({ server }).on('connection', (socket) => {
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});

process.on('SIGTERM', () => {
  console.log('stopping');
  server.close(() => process.exit(0));
  setTimeout(() => process.exit(0), 3000).unref();
});

server.listen(Number(process.env.PORT), () => console.log(`listening on ${process.env.PORT}`));
