//! A picture as the text of an SVG file.

use std::fmt::Write;

use arr_io::Error;
use arr_io::format::room;
use base64_simd::STANDARD;

use super::{Anchor, Area, Canvas, Rgb, encoded};

/// The text so far. A String takes every text.
pub struct Svg(String);

impl Svg {
    /// A picture of that size in pixels.
    pub fn new(width: usize, height: usize) -> Self {
        Self(format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" font-family=\"monospace\" font-size=\"12\">\n"
        ))
    }

    /// Fills an area with an image, a PNG file.
    pub fn embed(&mut self, area: Area, png: &[u8]) {
        let Area { left, top, .. } = area;
        let (width, height) = (area.width(), area.height());
        let data = STANDARD.encode_to_string(png);
        let _ = writeln!(
            self.0,
            "<image x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" \
             preserveAspectRatio=\"none\" style=\"image-rendering:pixelated\" \
             href=\"data:image/png;base64,{data}\"/>"
        );
    }

    /// The bytes of the file.
    pub fn end(mut self) -> Vec<u8> {
        self.0.push_str("</svg>\n");
        self.0.into_bytes()
    }
}

impl Canvas for Svg {
    fn line(&mut self, points: &[(f64, f64)], width: f64, color: Rgb) {
        if points.is_empty() {
            return;
        }
        self.0.push_str("<polyline points=\"");
        for (at, (x, y)) in points.iter().enumerate() {
            let gap = if at == 0 { "" } else { " " };
            let _ = write!(self.0, "{gap}{x:.1},{y:.1}");
        }
        let color = color.hex();
        let _ = writeln!(self.0, "\" fill=\"none\" stroke=\"{color}\" stroke-width=\"{width}\"/>");
    }

    fn fill(&mut self, area: Area, color: Rgb) {
        let Area { left, top, .. } = area;
        let (width, height, color) = (area.width(), area.height(), color.hex());
        let _ = writeln!(
            self.0,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{width:.1}\" height=\"{height:.1}\" fill=\"{color}\"/>"
        );
    }

    fn text(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str, color: Rgb) {
        if text.is_empty() {
            return;
        }
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (baseline, color) = (y + 4.0, color.hex());
        let _ = write!(
            self.0,
            "<text x=\"{x:.1}\" y=\"{baseline:.1}\" text-anchor=\"{anchor}\" fill=\"{color}\">"
        );
        for c in text.chars() {
            match c {
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '&' => self.0.push_str("&amp;"),
                // XML has no such characters.
                '\u{fffe}' | '\u{ffff}' => self.0.push('\u{fffd}'),
                c if c.is_control() => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self.0.push_str("</text>\n");
    }

    fn table(
        &mut self,
        area: Area,
        (width, height): (usize, usize),
        color: &dyn Fn(usize, usize) -> Option<Rgb>,
    ) -> Result<(), Error> {
        let mut pixels = room::reserved(width.saturating_mul(height).saturating_mul(4))?;
        for y in 0..height {
            for x in 0..width {
                let pixel = color(x, y).map_or([0; 4], |Rgb(red, green, blue)| [red, green, blue, 255]);
                pixels.extend(pixel);
            }
        }
        self.embed(area, &encoded(width, height, png::ColorType::Rgba, &pixels)?);
        Ok(())
    }
}
