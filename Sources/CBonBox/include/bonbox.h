// SPDX-License-Identifier: Apache-2.0
#ifndef BONBOX_H
#define BONBOX_H
#endif
