// SPDX-FileCopyrightText: The Pinferry authors
// SPDX-License-Identifier: MIT

// One command through MQTT.js, and the answer to it:
//
//   node client.js URL VERSION TOPIC PAYLOAD ANSWER-TOPIC [CORRELATION-DATA]
//
// Subscribes to ANSWER-TOPIC, publishes with QoS 1, prints the answer and ends. VERSION is 4 (MQTT
// 3.1.1) or 5. With correlation data, the answer topic is given as response topic, and what comes
// back is printed after the answer. User and password are $MQTT_USER and $MQTT_PASSWORD.

'use strict'

const mqtt = require('mqtt')

const [url, version, topic, payload, answerTopic, correlation] = process.argv.slice(2)
const client = mqtt.connect(url, {
  protocolVersion: Number(version),
  username: process.env.MQTT_USER,
  password: process.env.MQTT_PASSWORD,
  reconnectPeriod: 0
})
const properties = correlation && {
  responseTopic: answerTopic, correlationData: Buffer.from(correlation)
}

client.on('error', error => {
  console.error(error.message)
  process.exit(1)
})
client.on('message', (from, answer, packet) => {
  const data = packet.properties && packet.properties.correlationData
  console.log(`${from} ${answer}${data ? ` ${data}` : ''}`)
  client.end(true, {}, () => process.exit(0))
})
client.on('connect', async () => {
  await client.subscribeAsync(answerTopic, { qos: 1 })
  await client.publishAsync(topic, payload, { qos: 1, properties: properties || {} })
})
setTimeout(() => {
  console.error('no answer')
  process.exit(2)
}, 20000)
