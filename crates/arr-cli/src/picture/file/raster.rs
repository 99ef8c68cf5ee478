//! A picture as pixels.

use arr_io::Error;
use arr_io::format::room;
use noto_sans_mono_bitmap::{FontWeight, RasterHeight, get_raster, get_raster_width};

use super::{Anchor, Area, Canvas, Rgb, encoded};
use crate::picture::numbers::{float, place, whole};

/// The font of texts, whose characters are 7 pixels wide.
const WEIGHT: FontWeight = FontWeight::Regular;
const SIZE: RasterHeight = RasterHeight::Size16;

/// A table of pixels.
pub struct Raster {
    width: usize,
    height: usize,
    pixels: Vec<Rgb>,
}

impl Raster {
    /// A white page.
    pub fn new(width: usize, height: usize) -> Result<Self, Error> {
        let count = width.saturating_mul(height);
        Ok(Self { width, height, pixels: room::collected((0..count).map(|_| Rgb::WHITE))? })
    }

    /// The bytes of the PNG file.
    pub fn end(self) -> Result<Vec<u8>, Error> {
        let mut bytes = room::reserved(self.pixels.len().saturating_mul(3))?;
        bytes.extend(self.pixels.iter().flat_map(|Rgb(red, green, blue)| [*red, *green, *blue]));
        encoded(self.width, self.height, png::ColorType::Rgb, &bytes)
    }

    /// Covers some of a pixel, from nothing (0) to all (1).
    fn cover(&mut self, x: usize, y: usize, color: Rgb, cover: f64) {
        let is_inside = x < self.width;
        if let Some(pixel) = self.pixels.get_mut(y * self.width + x).filter(|_| is_inside) {
            *pixel = pixel.toward(color, cover.clamp(0.0, 1.0));
        }
    }

    /// Draws a line between two points: pixels near its edge are covered in part.
    fn segment(&mut self, (ax, ay): (f64, f64), (bx, by): (f64, f64), width: f64, color: Rgb) {
        let reach = width / 2.0 + 0.5;
        let (dx, dy) = (bx - ax, by - ay);
        let length = dx * dx + dy * dy;
        let (left, right) = (whole(ax.min(bx) - reach), whole((ax.max(bx) + reach).ceil()).min(self.width));
        let (top, bottom) = (whole(ay.min(by) - reach), whole((ay.max(by) + reach).ceil()).min(self.height));
        for y in top..bottom {
            for x in left..right {
                let (px, py) = (float(x) + 0.5 - ax, float(y) + 0.5 - ay);
                let along = if length > 0.0 { ((px * dx + py * dy) / length).clamp(0.0, 1.0) } else { 0.0 };
                let distance = (px - along * dx).hypot(py - along * dy);
                if distance < reach {
                    self.cover(x, y, color, reach - distance);
                }
            }
        }
    }
}

impl Canvas for Raster {
    fn line(&mut self, points: &[(f64, f64)], width: f64, color: Rgb) {
        // Thin straight lines are sharp in the middle of pixels.
        let sharp = |value: f64| if width > 1.0 { value } else { value.floor() + 0.5 };
        for pair in points.windows(2) {
            let [from, to] = pair else { continue };
            let [from, to] = [from, to].map(|(x, y)| (sharp(*x), sharp(*y)));
            self.segment(from, to, width, color);
        }
    }

    fn fill(&mut self, area: Area, color: Rgb) {
        let (left, right) = (whole(area.left.round()), whole(area.right.round()).min(self.width));
        let (top, bottom) = (whole(area.top.round()), whole(area.bottom.round()).min(self.height));
        for y in top..bottom {
            for x in left..right.max(left + 1) {
                self.cover(x, y, color, 1.0);
            }
        }
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str, color: Rgb) {
        let each = get_raster_width(WEIGHT, SIZE);
        let width = float(each * text.chars().count());
        let left = match anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let top = whole(y - float(SIZE.val()) / 2.0);
        for (at, c) in text.chars().enumerate() {
            let glyph = get_raster(c, WEIGHT, SIZE).or_else(|| get_raster('?', WEIGHT, SIZE));
            let start = whole(left) + at * each;
            for (row, line) in glyph.iter().flat_map(|glyph| glyph.rows().enumerate()) {
                for (column, cover) in line.iter().enumerate().filter(|(_, cover)| **cover > 0) {
                    self.cover(start + column, top + row, color, f64::from(*cover) / 255.0);
                }
            }
        }
    }

    fn table(
        &mut self,
        area: Area,
        (width, height): (usize, usize),
        color: &dyn Fn(usize, usize) -> Option<Rgb>,
    ) -> Result<(), Error> {
        let (left, top) = (whole(area.left), whole(area.top));
        let (across, down) = (whole(area.right).saturating_sub(left), whole(area.bottom).saturating_sub(top));
        for y in 0..down {
            for x in 0..across {
                if let Some(color) = color(place(x, width, across), place(y, height, down)) {
                    self.cover(left + x, top + y, color, 1.0);
                }
            }
        }
        Ok(())
    }
}
