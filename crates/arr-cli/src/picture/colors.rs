//! Colours.

use super::numbers::{byte, float, whole};

/// Red, green and blue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rgb(pub u8, pub u8, pub u8);

impl Rgb {
    /// The paper of a file.
    pub const WHITE: Self = Self(255, 255, 255);
    /// Text and frames of a file.
    pub const BLACK: Self = Self(40, 40, 40);
    /// Lines that guide the eye.
    pub const GREY: Self = Self(226, 226, 226);

    /// The colour on the way to another one, from 0 to 1.
    pub fn toward(self, other: Self, way: f64) -> Self {
        let mix = |from: u8, to: u8| byte(f64::from(from) + (f64::from(to) - f64::from(from)) * way);
        Self(mix(self.0, other.0), mix(self.1, other.1), mix(self.2, other.2))
    }

    /// How bright it is, from 0 to 1.
    pub fn brightness(self) -> f64 {
        let of = |part: u8, weight: f64| f64::from(part) / 255.0 * weight;
        of(self.0, 0.299) + of(self.1, 0.587) + of(self.2, 0.114)
    }

    /// As SVG writes it.
    pub fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

/// Eight colours that people who see few colours tell apart too (Okabe and Ito), the darkest ones first.
const LINES: [Rgb; super::MOST_LINES] = [
    Rgb(0, 114, 178),
    Rgb(213, 94, 0),
    Rgb(0, 158, 115),
    Rgb(204, 121, 167),
    Rgb(230, 159, 0),
    Rgb(86, 180, 233),
    Rgb(150, 140, 20),
    Rgb(120, 120, 120),
];

/// The colour of a line.
pub fn of_line(place: usize) -> Rgb {
    LINES.get(place % LINES.len()).copied().unwrap_or(Rgb::BLACK)
}

/// Places on matplotlib's `viridis`, at equal distances: between them it is nearly straight.
const VIRIDIS: [Rgb; 9] = [
    Rgb(68, 1, 84),
    Rgb(71, 44, 122),
    Rgb(59, 81, 139),
    Rgb(44, 113, 142),
    Rgb(33, 144, 141),
    Rgb(39, 173, 129),
    Rgb(92, 200, 99),
    Rgb(170, 220, 50),
    Rgb(253, 231, 37),
];

/// The colour of a value of a heat map, from 0 to 1.
pub fn of_heat(value: f64) -> Rgb {
    let place = value.clamp(0.0, 1.0) * float(VIRIDIS.len() - 1);
    let at = whole(place).min(VIRIDIS.len() - 2);
    match VIRIDIS.get(at..at + 2) {
        Some([from, to]) => from.toward(*to, place - float(at)),
        _ => Rgb::BLACK,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heat_goes_from_dark_to_bright() {
        assert_eq!([of_heat(-1.0), of_heat(0.0)], [VIRIDIS[0]; 2]);
        assert_eq!([of_heat(1.0), of_heat(7.0)], [VIRIDIS[8]; 2]);
        assert_eq!(of_heat(0.5), VIRIDIS[4]);
        assert_eq!(of_heat(f64::NAN).hex().len(), 7);
    }
}
