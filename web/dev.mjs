// The page as it is worked on: built anew at each reload, with the API of a running waymark behind it.
//
//   node dev.mjs [--admin http://127.0.0.1:8000] [--port 5173]
//   open "http://127.0.0.1:5173/$(waymarkctl dashboard | sed 's/.*#/#/')"
import http from 'node:http';
import { bundle } from './build.mjs';

const option = (name, otherwise) => {
  const at = process.argv.indexOf(name);
  return at < 0 ? otherwise : process.argv[at + 1];
};
const admin = new URL(option('--admin', 'http://127.0.0.1:8000'));
const port = Number(option('--port', '5173'));
let files = [];

// Beside this machine's own names nobody may come in: what is behind is steered from here.
const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
const refused = ({ headers }) =>
  !hosts.includes(headers.host) || (headers.origin !== undefined && !hosts.some((host) => headers.origin === `http://${host}`));

async function serve(request, response) {
  if (refused(request)) {
    response.writeHead(403, { 'Content-Type': 'text/plain' });
    return response.end(`Host and Origin are to be ${hosts.join(' or ')}.\n`);
  }
  const path = request.url.split('?')[0].slice(1);
  if (path === '') files = await bundle({ minify: false, sourcemap: 'inline', define: { 'process.env.NODE_ENV': '"development"' } });
  const file = files.find((each) => each.path === path);
  if (!file) return pass_on(request, response);
  response.writeHead(200, { 'Content-Type': file.type, 'Cache-Control': 'no-store' });
  response.end(file.bytes);
}

// waymark looks at Host and Origin, as is done above: here they are its own.
function pass_on(request, response) {
  const headers = { ...request.headers, host: admin.host };
  delete headers.origin;
  const onward = http.request(new URL(request.url, admin), { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  onward.on('error', (fault) => {
    if (response.headersSent) return response.destroy();
    response.writeHead(502, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ code: 'UNAVAILABLE', message: String(fault.message), details: [] }));
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

http
  .createServer((request, response) => {
    serve(request, response).catch((fault) => {
      response.writeHead(500, { 'Content-Type': 'text/plain' });
      response.end(String(fault));
    });
  })
  .listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/ in front of ${admin.origin}`));
