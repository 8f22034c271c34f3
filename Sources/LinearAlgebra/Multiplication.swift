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

/// A part of a matrix in row-by-row order, whose rows lie `stride` elements apart.
public struct MatrixView {
    public var start: UnsafePointer<Float>
    public var rows: Int
    public var columns: Int
    public var stride: Int

    public init(_ start: UnsafePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
        self.start = start
        self.rows = rows
        self.columns = columns
        self.stride = stride ?? columns
        precondition(rows >= 0 && columns >= 0 && self.stride >= columns)
    }
}

/// `result = factor × left × right (each transposed where asked) + scale × result` in float32, on parts of matrices.
///
/// - Parameters:
///   - result: as many rows as `left` has, or columns where that is transposed; as many columns as `right` has, or rows where that is transposed.
///     Its rows lie `resultStride` elements apart.
///   - scale: 0 replaces the result, 1 adds to it.
public func multiply(
    _ left: MatrixView, transposesLeft: Bool = false, _ right: MatrixView, transposesRight: Bool = false,
    into result: UnsafeMutablePointer<Float>, resultStride: Int, factor: Float = 1, scale: Float = 0
) {
    let rows = transposesLeft ? left.columns : left.rows
    let inner = transposesLeft ? left.rows : left.columns
    let columns = transposesRight ? right.rows : right.columns
    precondition(inner == (transposesRight ? right.columns : right.rows) && resultStride >= columns)
    guard rows > 0, columns > 0 else { return }
    _ = BLASCore.name
    cblas_sgemm(
        CblasRowMajor, transposesLeft ? CblasTrans : CblasNoTrans, transposesRight ? CblasTrans : CblasNoTrans,
        blasint(rows), blasint(columns), blasint(inner), factor, left.start, blasint(left.stride), right.start,
        blasint(right.stride), scale, result, blasint(resultStride))
}
