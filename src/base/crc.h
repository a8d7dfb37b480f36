/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* A checksum that finds torn and garbled files. Pure; thread-safe. */

#ifndef PF_BASE_CRC_H
#define PF_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* CRC-32 as in IEEE 802.3, of `size` bytes. */
uint32_t pf_crc32(const char *bytes, size_t size);

#endif
