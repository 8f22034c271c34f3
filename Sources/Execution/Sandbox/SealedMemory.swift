// SPDX-License-Identifier: Apache-2.0

package final class SealedMemory: Sendable {
}
