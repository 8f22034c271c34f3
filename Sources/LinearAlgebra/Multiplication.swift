// SPDX-License-Identifier: Apache-2.0
internal import COpenBLAS

/// `result = left × right + scale × result` in float32, all row by row.
///
/// - Parameters:
///   - left: `rows × inner`, or `inner × rows` when `transposesLeft`.
///   - right: `inner × columns`, or `columns × inner` when `transposesRight`.
///   - result: `rows × columns`.
///   - scale: 0 replaces the result, 1 adds to it.
public func multiply(
    _ left: UnsafeBufferPointer<Float>, transposesLeft: Bool = false, _ right: UnsafeBufferPointer<Float>,
    transposesRight: Bool = false, into result: UnsafeMutableBufferPointer<Float>, rows: Int, inner: Int, columns: Int,
    scale: Float = 0
) {
    precondition(left.count >= rows * inner && right.count >= inner * columns && result.count >= rows * columns)
    guard rows > 0, columns > 0 else { return }
    _ = BLASCore.name
    cblas_sgemm(
        CblasRowMajor, transposesLeft ? CblasTrans : CblasNoTrans, transposesRight ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), 1, left.baseAddress, blasint(transposesLeft ? rows : inner),
        right.baseAddress, blasint(transposesRight ? inner : columns), scale, result.baseAddress, blasint(columns))
}
