use std::f64::consts::PI;

/// Transforms in place (radix 2); the length is a power of two. Without `1/n`, in either direction.
pub(crate) fn transform(re: &mut [f64], im: &mut [f64], inverse: bool) {
    let n = re.len();
    assert!(
        n.is_power_of_two() && im.len() == n,
        "the length is a power of two"
    );
    let shift = usize::BITS - n.trailing_zeros();
    for i in 0..n {
        let j = if n == 1 { 0 } else { i.reverse_bits() >> shift };
        if i < j {
            re.swap(i, j);
            im.swap(i, j);
        }
    }
    let sign = if inverse { 1.0 } else { -1.0 };
    let mut half = 1;
    while half < n {
        let step = sign * PI / half as f64;
        // One turn of the twiddle factors serves all blocks of this stage.
        let twiddles: Vec<(f64, f64)> = (0..half)
            .map(|k| ((step * k as f64).cos(), (step * k as f64).sin()))
            .collect();
        for start in (0..n).step_by(2 * half) {
            for (k, (cos, sin)) in twiddles.iter().enumerate() {
                let (a, b) = (start + k, start + k + half);
                let (x, y) = (re[b] * cos - im[b] * sin, re[b] * sin + im[b] * cos);
                (re[b], im[b]) = (re[a] - x, im[a] - y);
                (re[a], im[a]) = (re[a] + x, im[a] + y);
            }
        }
        half *= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cosine_has_one_line_and_comes_back() {
        let wave: Vec<f64> = (0..64)
            .map(|i| (2.0 * PI * 5.0 * f64::from(i) / 64.0).cos())
            .collect();
        let (mut re, mut im) = (wave.clone(), vec![0.0; 64]);

        transform(&mut re, &mut im, false);

        assert!((re[5] - 32.0).abs() < 1e-9 && re[6].abs() < 1e-9);
        transform(&mut re, &mut im, true);
        assert!(
            re.iter()
                .zip(&wave)
                .all(|(a, b)| (a / 64.0 - b).abs() < 1e-12)
        );
    }
}
