// An independent receiver for the tests of the sender: the server of npm's castv2, and on it as much of a receiver and of a
// media app as the conformance needs. It reads {"key","cert"} from its input, writes {"port"} and then each request that it
// has obeyed to its output, and ends with its input.
'use strict';

const { Server } = require('castv2');
const { CastMessage } = require('castv2/lib/proto');

const PREFIX = 'urn:x-cast:com.google.cast.';
const CONNECTION = PREFIX + 'tp.connection';
const HEARTBEAT = PREFIX + 'tp.heartbeat';
const RECEIVER = PREFIX + 'receiver';
const MEDIA = PREFIX + 'media';
const DURATION = 600;

const volume = { level: 0.5, muted: false, controlType: 'attenuation', stepInterval: 0.05 };
let app = null; // {session, transport}
let media = null; // {id, info, state, position, at}
let launches = 0;
let sessions = 0;

const say = (line) => process.stdout.write(JSON.stringify(line) + '\n');
const position = () => media.position + (media.state === 'PLAYING' ? (Date.now() - media.at) / 1000 : 0);

function receiverStatus(requestId) {
  const status = { volume };
  if (app) {
    status.applications = [{
      appId: 'CC1AD845', displayName: 'Default Media Receiver', sessionId: app.session, transportId: app.transport,
      namespaces: [{ name: MEDIA }], statusText: 'Ready To Cast', isIdleScreen: false,
    }];
  }
  return { type: 'RECEIVER_STATUS', requestId, status };
}

function mediaStatus(requestId, more) {
  const status = [];
  if (media) {
    status.push(Object.assign({
      mediaSessionId: media.id, playerState: media.state, currentTime: position(), playbackRate: 1,
      supportedMediaCommands: 15, volume: { level: 1, muted: false }, media: media.info,
    }, more));
  }
  return { type: 'MEDIA_STATUS', requestId, status };
}

function run(server) {
  const connected = new Set(); // client, sender and peer
  const send = (client, from, to, namespace, body) => {
    if (server.clients[client]) server.send(client, from, to, namespace, JSON.stringify(body));
  };
  const broadcast = (from, namespace, body) => {
    for (const client of Object.keys(server.clients)) send(client, from, '*', namespace, body);
  };

  const platform = {
    GET_STATUS: (m, answer) => answer(receiverStatus(m.requestId)),
    LAUNCH: (m) => {
      launches += 1;
      app = app || { session: `session-${launches}`, transport: `web-${launches}` };
      broadcast('receiver-0', RECEIVER, receiverStatus(m.requestId));
    },
    STOP: (m) => {
      app = null;
      media = null;
      broadcast('receiver-0', RECEIVER, receiverStatus(m.requestId));
    },
    SET_VOLUME: (m) => {
      Object.assign(volume, m.volume);
      broadcast('receiver-0', RECEIVER, receiverStatus(m.requestId));
    },
  };
  const change = (state, at) => (m, answer) => {
    if (!media || m.mediaSessionId !== media.id) {
      answer({ type: 'INVALID_REQUEST', requestId: m.requestId, reason: 'INVALID_MEDIA_SESSION_ID' });
      return;
    }
    media = { ...media, position: at ? at(m) : position(), at: Date.now(), state: state || media.state };
    broadcast(app.transport, MEDIA, mediaStatus(m.requestId));
  };
  const player = {
    GET_STATUS: (m, answer) => answer(mediaStatus(m.requestId)),
    LOAD: (m) => {
      sessions += 1;
      media = {
        id: sessions, info: { ...m.media, duration: DURATION }, state: 'BUFFERING', position: m.currentTime || 0, at: Date.now(),
      };
      broadcast(app.transport, MEDIA, mediaStatus(m.requestId));
      media = { ...media, state: m.autoplay === false ? 'PAUSED' : 'PLAYING', at: Date.now() };
      broadcast(app.transport, MEDIA, mediaStatus(0));
    },
    PLAY: change('PLAYING'),
    PAUSE: change('PAUSED'),
    SEEK: change('', (m) => m.currentTime),
    STOP: (m) => {
      broadcast(app.transport, MEDIA, mediaStatus(m.requestId, { playerState: 'IDLE', idleReason: 'CANCELLED' }));
      media = null;
    },
  };

  server.on('message', (client, from, to, namespace, data) => {
    const m = JSON.parse(data);
    const answer = (body) => send(client, to, from, namespace, body);
    const route = `${client} ${from} ${to}`;
    if (namespace === HEARTBEAT) {
      if (m.type === 'PING') answer({ type: 'PONG' });
      return;
    }
    if (to !== 'receiver-0' && !(app && to === app.transport)) {
      send(client, to, from, CONNECTION, { type: 'CLOSE' });
      return;
    }
    if (namespace === CONNECTION) {
      if (m.type === 'CONNECT') connected.add(route);
      say({ type: m.type, to });
      return;
    }
    const obey = (namespace === RECEIVER ? platform : namespace === MEDIA ? player : {})[m.type];
    if (!connected.has(route) || !obey) {
      say({ type: 'UNKNOWN', text: data });
      return;
    }
    obey(m, answer);
    say({ type: m.type, requestId: m.requestId });
  });
}

// castv2 reads the format of its messages while it starts, and fails whoever comes before it has.
function whenReady(next) {
  try {
    CastMessage.serialize({
      protocolVersion: 0, sourceId: 'a', destinationId: 'b', namespace: HEARTBEAT, payloadType: 0, payloadUtf8: '',
    });
  } catch (err) {
    setTimeout(whenReady, 10, next);
    return;
  }
  next();
}

process.stdin.once('data', (identity) => {
  const server = new Server(JSON.parse(identity));
  server.server.on('secureConnection', (socket) => socket.on('error', () => {}));
  run(server);
  whenReady(() => server.listen(0, '127.0.0.1', () => say({ port: server.server.address().port })));
});
process.stdin.once('end', () => process.exit(0));
