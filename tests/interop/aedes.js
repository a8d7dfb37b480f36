// SPDX-FileCopyrightText: The Pinferry authors
// SPDX-License-Identifier: MIT

// Aedes on two ports of 127.0.0.1: node aedes.js MQTT-PORT WEBSOCKET-PORT

'use strict'

const net = require('net')
const http = require('http')
const { WebSocketServer, createWebSocketStream } = require('ws')
const aedes = require('aedes')()

const [port, webPort] = process.argv.slice(2).map(Number)
const web = http.createServer()

new WebSocketServer({ server: web }).on('connection', (socket, request) =>
  aedes.handle(createWebSocketStream(socket), request))
aedes.on('clientReady', client => console.log(`client ${client.id} version ${client.version}`))
aedes.on('clientError', (client, error) => console.log(`client ${client.id}: ${error.message}`))
aedes.on('connectionError', (client, error) => console.log(`connection: ${error.message}`))
web.listen(webPort, '127.0.0.1', () =>
  net.createServer(aedes.handle).listen(port, '127.0.0.1', () => console.log('running')))
