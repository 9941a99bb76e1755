// A FastAGI server that gives every dip the same answer, on Node's own sockets. Prints its port.
'use strict';
const ANSWER =
  'SET VARIABLE CR_VERDICT "v1|connect|g02-12315|hotline|0|line=12315&mode=dual&phase=in_force' +
  '&rule=dialplans%2Fsichuan%2Flines.yaml%3A297&reason=line_in_phase&plan=sichuan&plan_version=1.0"\n';
const server = require('net').createServer((connection) => {
  let received = '';
  let asked = false;
  connection.on('error', () => connection.destroy());
  connection.on('data', (data) => {
    if (asked) {
      connection.end();
      return;
    }
    received += data.toString('latin1');
    if (received.endsWith('\n\n')) {
      asked = true;
      connection.write(ANSWER);
    }
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
